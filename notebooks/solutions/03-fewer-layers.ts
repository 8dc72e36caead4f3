/** Solutions of the exercises of notebook 3. */
import * as trm from "trm-workbench";

const experiment = trm.experiments.fewerLayers;
const layers = ["2 layers", "4 layers"];

/** Equal passes instead of equal depth. */
export async function exercise1() {
  const mine = trm.variants(experiment, { add: { "4 layers, same n": { model: { layers: 4 } } } });
  const result = await trm.runExperiment(mine, { variants: ["2 layers", "4 layers, same n"] });
  trm.showTable(trm.resultsFrame(result), { digits: 1 });
  trm.check("3.1", result);
}

/** A hundred puzzles, none rewritten: held-out accuracy beside the training loss. */
export async function exercise2() {
  const mine = trm.variants(experiment, { keep: layers, all: { data: { train: 100, augment: false } } });
  const result = await trm.runExperiment(mine);
  trm.showTable(trm.resultsFrame(result), { digits: 1 });
  await trm.showFigure(
    trm.lossFigure({
      title: "Loss on a hundred training puzzles",
      curves: result.variants.map(({ variant, runs }) => ({
        name: variant.name,
        steps: runs[0].steps.step,
        seeds: runs.map(({ steps }) => steps.loss),
      })),
    }),
  );
  trm.check("3.2", result);
}

/** Two hundred puzzles with their symmetries. */
export async function exercise3() {
  const mine = trm.variants(experiment, { keep: layers, all: { data: { train: 200 } } });
  const result = await trm.runExperiment(mine);
  trm.showTable(trm.resultsFrame(result), { digits: 1 });
  trm.check("3.3", result);
}

/** One network as wide as two have parameters: the table of results has a column for them. */
export async function exercise4() {
  const mine = trm.variants(experiment, { add: { "wider network": { model: { hiddenSize: 96 } } } });
  const result = await trm.runExperiment(mine, {
    variants: ["2 layers", "2 layers, two networks", "wider network"],
  });
  trm.showTable(trm.resultsFrame(result), { digits: 1 });
  trm.check("3.4", result);
}

/** x in both calls: then only the order of the calls tells reasoning from answering, and the network does not see that. */
export async function exercise5() {
  const result = await trm.runExperiment(experiment, { variants: ["2 layers"] });
  const recursion: trm.Recursion<"y" | "z"> = {
    latents: () => ["y", "z"],
    answer: "y",
    recurse(net, x, { y, z }, n) {
      for (let i = 0; i < n; i++) z = net.z(x, y, z);
      return { y: net.y(x, y, z), z };
    },
  };
  const both = await trm.trainVariant(result, "x in both calls", { recursion });
  trm.showTable(trm.resultsFrame(both), { digits: 1 });
}
