/** Solutions of the exercises of notebook 1. */
import * as trm from "trm-workbench";

const config = trm.presetConfig("sudoku-6x6");

/** Trains one more model. Its result stands beside the others in `trm.myRuns()`. */
async function trained(name: string, changes: Partial<trm.ModelConfig>, parts?: trm.ModelParts) {
  const data = await trm.openRunData(config.data);
  const model = trm.createModel({ ...trm.modelConfigFor(config, data), ...changes }, parts);
  const trainer = trm.keptTrainer(model, config.training, data.train, { augment: data.augment });
  const [test] = data.test;
  const history = await trm.watchTraining(trainer, { title: name, name, test, evaluateEvery: 0.1 });
  return { trainer, test, history };
}

/** One update of z for each of y, beside the model as it is. */
export async function exercise1() {
  await trained("TRM", {});
  await trained("n = 1", { n: 1 });
  trm.showTable(trm.myRuns(), { digits: 1 });
}

/** Time for a step, and the accuracy that it buys. */
export async function exercise2() {
  const rows: trm.ResultsRow[] = [];
  for (const T of [1, 2]) {
    const { history } = await trained(`T = ${T}`, { T });
    const { evaluations, steps, trainingSeconds } = history;
    rows.push({
      T,
      "ms for a step": (1000 * trainingSeconds) / steps.length,
      "solved %": 100 * evaluations.at(-1)!.solved,
    });
  }
  trm.showTable(rows, { digits: 1 });
}

/** Trained with 4 supervision steps, tested with up to 16. */
export async function exercise3() {
  const { trainer, test } = await trained("4 supervision steps", { supervisionSteps: 4 });
  const { bySteps } = await trainer.evaluate(test, { supervisionSteps: 16 });
  trm.showTable(
    [1, 2, 4, 8, 16].map((step) => ({
      "supervision steps": step,
      "solved %": 100 * bySteps[step - 1].solved,
    })),
    { digits: 1 },
  );
}

/** The belief of the halting head, for longer than until the first right answer. */
export async function exercise4() {
  const { reasoner, params, test } = await trm.shippedModel("sudoku-6x6", { puzzles: 256 });
  const hardest = await trm.slowestPuzzle(reasoner, params, test, { batchSize: 64 });
  const thoughts = await trm.solve(reasoner, params, hardest.inputs, {
    supervisionSteps: 16,
    labels: hardest.labels,
  });
  await trm.showFigure(
    trm.linesFigure({
      title: "When does the model know that it is done?",
      subtitle: `right from step ${thoughts.findIndex(({ solved }) => solved) + 1} on`,
      xTitle: "supervision step",
      yTitle: "q of the halting head",
      curves: [
        { name: "q", steps: thoughts.map((_, i) => i + 1), seeds: [thoughts.map(({ qHalt }) => qHalt)] },
      ],
    }),
  );
}

/** The smallest network that sees other cells: one matrix between the cells, one within each. */
export async function exercise5() {
  type Params = { cells: trm.tf.Tensor2D; within: trm.tf.Tensor2D };
  const network: trm.Network<Params> = {
    init: (config, random) => ({
      cells: trm.linearWeight(trm.contextLength(config), trm.contextLength(config), random),
      within: trm.linearWeight(config.hiddenSize, config.hiddenSize, random),
    }),
    apply:
      (config, { cells, within }) =>
      (h) => {
        const swap = (h: trm.tf.Tensor3D) => trm.tf.transpose(h, [0, 2, 1]);
        const mixed = trm.tf.add(h, swap(trm.linear(swap(h), cells)));
        return trm.rmsNorm(trm.tf.add(mixed, trm.tf.relu(trm.linear(mixed, within))), config.normEpsilon);
      },
  };
  await trained("two matrices", {}, { network });
}
