/** Solutions of the exercises of notebook 5. */
import * as trm from "trm-workbench";

const experiment = trm.experiments.ema;

/** A higher learning rate; each variant keeps its own `ema`. */
export async function exercise1() {
  const mine = trm.variants(experiment, {
    keep: ["EMA 0.99", "no EMA"],
    all: { training: { learningRate: 1e-2 } },
  });
  const result = await trm.runExperiment(mine);
  trm.showTable(trm.resultsFrame(result), { digits: 1 });
  trm.check("5.1", result);
}

/** A longer run for a longer average. */
export async function exercise2() {
  const mine = trm.variants(experiment, {
    keep: [],
    add: {
      "EMA 0.99, longer": { training: { ema: 0.99, totalSteps: 3000 } },
      "EMA 0.999, longer": { training: { ema: 0.999, totalSteps: 3000 } },
    },
  });
  const result = await trm.runExperiment(mine);
  trm.showTable(trm.resultsFrame(result), { digits: 1 });
  trm.check("5.2", result);
}

/**
 * `updateEma` itself stays. The average would start from zeros (`initTrainState`), the state would count its steps k, and what reads
 * the average (`params("ema")`) would divide by 1 - beta^k. A weight that never changes shows that this is right from the first step on.
 */
export function exercise3() {
  const beta = 0.99;
  const weight = 2;
  let average = 0;
  const rows: trm.ResultsRow[] = [];
  for (let k = 1; k <= 5; k++) {
    average = beta * average + (1 - beta) * weight; // what updateEma does
    rows.push({ k, average, corrected: average / (1 - beta ** k) });
  }
  trm.showTable(rows);
}

/** The small data, now with symmetries. */
export async function exercise4() {
  const small = trm.experiments.emaOnSmallData;
  const mine = trm.variants(small, {
    add: { "100 puzzles, rewritten": { data: { train: 100, augment: true } } },
  });
  const result = await trm.runExperiment(mine);
  trm.showTable(trm.resultsFrame(result), { digits: 1 });
  trm.check("5.4", result);
}

/** Live weights every 20 steps. */
export async function exercise5() {
  const mine = trm.variants(experiment, { keep: ["EMA 0.99"], all: { evaluation: { every: 20 } } });
  const result = await trm.runExperiment(mine);
  const curves = trm.experimentCurves(result, { weights: ["live", "ema"] });
  await trm.showFigure(trm.accuracyFigure({ title: "Evaluated every 20 steps", curves }));
  trm.showTable(trm.swingsFrame(result), { digits: 1 });
}
