/** Solutions of the exercises of notebook 6. */
import * as trm from "trm-workbench";

const sudoku = trm.experiments.mixerOnSudoku;
const mazes = trm.experiments.mixerOnMazes;

/** Larger mazes. */
export async function exercise1() {
  const mine = trm.variants(mazes, { all: { data: { size: 9, minLength: 12 } } });
  const result = await trm.runExperiment(mine);
  trm.showTable(trm.resultsFrame(result), { digits: 1 });
  trm.check("6.1", result);
}

/** Attention that cannot tell one place from another, and attention that learns the places. */
export async function exercise2() {
  const mine = trm.variants(sudoku, {
    add: {
      "no positions": { model: { mixer: "attention", positions: "none" } },
      "learned positions": { model: { mixer: "attention", positions: "learned" } },
    },
  });
  const result = await trm.runExperiment(mine);
  trm.showTable(trm.resultsFrame(result), { digits: 1 });
  trm.check("6.2", result);
}

/** Heads of the attention on mazes. */
export async function exercise3() {
  const heads = (heads: number): trm.RunConfigChanges => ({ model: { mixer: "attention", heads } });
  const mine = trm.variants(mazes, {
    keep: [],
    add: { "1 head": heads(1), "4 heads": heads(4), "8 heads": heads(8) },
  });
  const result = await trm.runExperiment(mine);
  trm.showTable(trm.resultsFrame(result), { digits: 1 });
  trm.check("6.3", result);
}

/** A hundred puzzles, none rewritten. */
export async function exercise4() {
  const mine = trm.variants(sudoku, { all: { data: { train: 100, augment: false } } });
  const result = await trm.runExperiment(mine);
  trm.showTable(trm.resultsFrame(result), { digits: 1 });
  trm.check("6.4", result);
}

/**
 * Neither, if both are trained on shuffled cells and the attention has no positions or learned ones. Attention with positions that
 * are computed from the place (rope) would: its neighbours would be elsewhere. A network without training shows it: shuffle the
 * cells, apply, shuffle back.
 */
export async function exercise5() {
  const { config } = trm.planExperiment(sudoku, { budget: "laptop", seeds: 1 })[0];
  const cells = 36;
  const order = Array.from({ length: cells }, (_, i) => (7 * i) % cells); // 7 and 36 have no common divisor
  const back = Array.from({ length: cells }, (_, i) => order.indexOf(i));
  const place = (h: trm.tf.Tensor3D, at: readonly number[]) =>
    trm.tf.gather(h, trm.tf.tensor1d([...at], "int32"), 1);
  const random = trm.createRandom(1);
  trm.showTable(
    (["none", "rope"] as const).map((positions) => {
      const model = { ...config.model, mixer: "attention" as const, heads: 4, positions };
      const sized = { ...model, seqLen: cells, vocabSize: 8, numPuzzleIdentifiers: 1 };
      const network = trm.networkOf(sized);
      const refine = network.apply(sized, network.init(sized, random));
      const h = trm.truncatedNormal([1, cells, sized.hiddenSize], 1, random) as trm.tf.Tensor3D;
      const difference = trm.tf.sub(refine(h), place(refine(place(h, order)), back));
      return { positions, "largest difference": trm.tf.max(trm.tf.abs(difference)).dataSync()[0] };
    }),
  );
}
