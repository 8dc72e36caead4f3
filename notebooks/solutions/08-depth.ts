/** Solutions of the exercises of notebook 8. */
import * as trm from "trm-workbench";

const experiment = trm.experiments.depth;
const { budget } = trm.notebookSettings();

/** More of the grid. */
export async function exercise1() {
  const mine = trm.variants(experiment, {
    add: { "n = 6, T = 3": { model: { n: 6, T: 3 } }, "n = 2, T = 4": { model: { n: 2, T: 4 } } },
  });
  const result = await trm.runExperiment(mine, {
    variants: ["n = 2, T = 2", "n = 6, T = 3", "n = 2, T = 4"],
  });
  trm.showTable(trm.resultsFrame(result), { digits: 1 });
  trm.check("8.1", result);
}

/** Equal time: a shallow variant gets as many more steps as it saves passes. A pass with gradient counts three. */
export async function exercise2() {
  const cost = ({ model }: trm.RunConfig) => {
    const { withGradient, withoutGradient } = trm.passesPerStep(model);
    return 3 * withGradient + withoutGradient;
  };
  const [reference, ...shallow] = ["n = 2, T = 2", "n = 1, T = 1", "n = 2, T = 1"].map(
    (name) => trm.planExperiment(experiment, { budget, seeds: 1, variants: [name] })[0],
  );
  const add = Object.fromEntries(
    shallow.map(({ variant, config }) => {
      const totalSteps = Math.round((config.training.totalSteps * cost(reference.config)) / cost(config));
      const { n, T } = config.model;
      return [`${variant.name}, ${totalSteps} steps`, { model: { n, T }, training: { totalSteps } }];
    }),
  );
  const result = await trm.runExperiment(trm.variants(experiment, { keep: [reference.variant.name], add }));
  trm.showTable(trm.resultsFrame(result), { digits: 1 });
}

/** The shallow model, thinking for longer. */
export async function exercise3() {
  const { reasoner, params, data } = await trm.trainedModel(experiment, "n = 1, T = 1");
  const { bySteps } = await trm.evaluate(reasoner, params, data.test[0], {
    batchSize: 64,
    supervisionSteps: 32,
  });
  trm.showTable(
    [1, 2, 4, 8, 16, 32].map((step) => ({
      "supervision steps": step,
      "solved %": 100 * bySteps[step - 1].solved,
    })),
    { digits: 1 },
  );
}

/** Trained with 2 supervision steps, tested with more. */
export async function exercise4() {
  const mine = trm.variants(experiment, {
    add: { "2 supervision steps": { model: { n: 2, T: 2, supervisionSteps: 2 } } },
  });
  const { reasoner, params, data } = await trm.trainedModel(mine, "2 supervision steps");
  const { bySteps } = await trm.evaluate(reasoner, params, data.test[0], {
    batchSize: 64,
    supervisionSteps: 16,
  });
  trm.showTable(
    [1, 2, 4, 8, 16].map((step) => ({
      "supervision steps": step,
      "solved %": 100 * bySteps[step - 1].solved,
    })),
    { digits: 1 },
  );
}

/** The grid of the last heat map once more, with 16 supervision steps. */
export async function exercise5() {
  const { model, params, data } = await trm.trainedModel(experiment, "n = 2, T = 2");
  const { n, T } = trm.depthGrid;
  const cells: number[][] = [];
  for (const rounds of T) {
    const row: number[] = [];
    for (const updates of n) {
      const reasoner = trm.createReasoner(model.with({ n: updates, T: rounds }), "float32");
      const options = { batchSize: 64, supervisionSteps: 16 };
      row.push((await trm.evaluate(reasoner, params, data.test[0], options)).solved);
      reasoner.dispose();
    }
    cells.push(row);
  }
  await trm.showFigure(
    trm.heatmapFigure({
      title: "Tested with other n and T, and 16 supervision steps",
      columns: { title: "n in the test", values: n },
      rows: { title: "T in the test", values: T },
      cells,
    }),
  );
}
