/** Solutions of the exercises of notebook 9. */
import * as trm from "trm-workbench";

const experiment = trm.experiments.mixtureOfExperts;

/** How often each expert of a trained model is chosen, over all cells. */
async function use(mine: trm.Experiment, variant: string) {
  const { model, params, data } = await trm.trainedModel(mine, variant);
  return trm
    .expertUse(model, params, data.test[0])
    .map(({ shares, ...where }) => ({ variant, ...where, shares: shares.map(trm.percent) }));
}

/** No balance, and far too much. */
export async function exercise1() {
  for (const expertBalance of [0, 1]) {
    const mine = trm.variants(experiment, { keep: ["4 experts, best 1"], all: { model: { expertBalance } } });
    const result = await trm.runExperiment(mine);
    trm.showTable(trm.resultsFrame(result), { digits: 1 });
    trm.showTable(
      (await use(mine, "4 experts, best 1")).map(({ shares, ...row }) => ({
        ...row,
        shares: shares.join(", "),
      })),
    );
  }
}

/** A hundred puzzles to learn by heart. */
export async function exercise2() {
  const mine = trm.variants(experiment, {
    keep: ["one SwiGLU", "4 experts, best 1"],
    all: { data: { train: 100, augment: false } },
  });
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
  trm.check("9.2", result);
}

/** Capacity without routing: every cell asks all experts. */
export async function exercise3() {
  const mine = trm.variants(experiment, {
    add: { "4 experts, all": { model: { experts: 4, expertsPerToken: 4 } } },
  });
  const result = await trm.runExperiment(mine, {
    variants: ["one SwiGLU", "4 experts, best 1", "4 experts, all"],
  });
  trm.showTable(trm.resultsFrame(result), { digits: 1 });
  trm.check("9.3", result);
}

/** The same capacity in one SwiGLU. */
export async function exercise4() {
  const mine = trm.variants(experiment, { add: { "one wide SwiGLU": { model: { expansion: 16 } } } });
  const result = await trm.runExperiment(mine, {
    variants: ["one SwiGLU", "4 experts, best 1", "one wide SwiGLU"],
  });
  trm.showTable(trm.resultsFrame(result), { digits: 1 });
  trm.check("9.4", result);
}

/** The parameters of the plain model, divided up. */
export async function exercise5() {
  const mine = trm.variants(experiment, {
    add: { "4 quarter experts": { model: { experts: 4, expertsPerToken: 1, expansion: 1 } } },
  });
  const result = await trm.runExperiment(mine, { variants: ["one SwiGLU", "4 quarter experts"] });
  trm.showTable(trm.resultsFrame(result), { digits: 1 });
  trm.check("9.5", result);
}
