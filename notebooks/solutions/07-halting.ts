/** Solutions of the exercises of notebook 7. */
import * as trm from "trm-workbench";

const experiment = trm.experiments.halting;

/** As many supervision steps as the paper allows. The figure counts those that puzzles use. */
export async function exercise1() {
  const mine = trm.variants(experiment, {
    keep: ["halt", "never halts early"],
    all: { model: { supervisionSteps: 16 } },
  });
  const result = await trm.runExperiment(mine);
  trm.showTable(trm.thinkingFrame(result, 0.5), { digits: 1 });
  trm.check("7.1", result);
}

/** Less and more exploration. */
export async function exercise2() {
  const mine = trm.variants(experiment, {
    add: {
      "exploration 0": { model: { exploration: 0 } },
      "exploration 0.5": { model: { exploration: 0.5 } },
    },
  });
  const result = await trm.runExperiment(mine, { variants: ["halt", "exploration 0", "exploration 0.5"] });
  trm.showTable(trm.thinkingFrame(result, 0.5), { digits: 1 });
  trm.check("7.2", result);
}

/** Too early: wrong then, right in the end. Too late: it never halted, and was right. */
export async function exercise3() {
  const { reasoner, params, data, model } = await trm.trainedModel(experiment, "halt");
  const times = await trm.haltingTimes(reasoner, params, data.test[0], { batchSize: 64 });
  const last = model.config.supervisionSteps;
  trm.showTable([
    {
      "too early": times.filter(({ solvedThen, solvedInTheEnd }) => !solvedThen && solvedInTheEnd).length,
      "too late": times.filter(({ step, solvedInTheEnd }) => step === last && solvedInTheEnd).length,
      puzzles: times.length,
    },
  ]);
}

/** Other thresholds of q: one pass over the puzzles is enough, since the answers do not depend on them. */
export async function exercise4() {
  const { reasoner, params, data } = await trm.trainedModel(experiment, "halt");
  const puzzles = await trm.allChains(reasoner, params, data.test[0], { chains: 1 });
  const thresholds = [-2, 0, 2, 4];
  trm.showTable(
    thresholds.map((threshold) => {
      const halts = puzzles.map(({ labels, chains: [steps] }) => {
        const at = steps.findIndex(({ qHalt }) => qHalt > threshold);
        const step = at < 0 ? steps.length - 1 : at;
        return {
          step: step + 1,
          solved: labels.every((label, cell) => label < 0 || label === steps[step].tokens[cell]),
        };
      });
      return {
        "halts above q": threshold,
        "solved %": 100 * trm.mean(halts.map(({ solved }) => Number(solved))),
        "supervision steps": trm.mean(halts.map(({ step }) => step)),
      };
    }),
    { digits: 1 },
  );
}

/** Then all rows are new at once, and all old at once: the loss depends on the step's place in the round. */
export async function exercise5() {
  const result = await trm.runExperiment(experiment, { variants: ["never halts early", "halt"] });
  const curves = result.variants.map(({ variant, config, runs }): trm.Curve => {
    const places = Array.from({ length: config.model.supervisionSteps }, (_, i) => i + 1);
    const { step, loss } = runs[0].steps;
    const atPlace = (place: number) => loss.filter((_, i) => ((step[i] - 1) % places.length) + 1 === place);
    return { name: variant.name, steps: places, seeds: [places.map((place) => trm.mean(atPlace(place)))] };
  });
  const xTitle = "place of the training step in a round of N_sup";
  await trm.showFigure(trm.linesFigure({ title: "Loss in a round", xTitle, yTitle: "mean loss", curves }));
}
