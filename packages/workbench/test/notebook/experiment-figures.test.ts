import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { startEngine, tf } from "tfjs-compile";
import { linear, linearWeight, type Network } from "trm/model";
import {
  type ExperimentResult,
  planExperiment,
  RESULTS_VERSION,
  type StoredRun,
  type Variant,
} from "../../src/experiments";
import { gridFigure, resultsFrame, thinkingCurves, thinkingFrame, trainVariant } from "../../src/notebook";
import { tinyExperiment } from "../experiments/support";

/** What one run of each variant gave. */
interface Measured {
  readonly solved: number;
  readonly halted?: readonly number[];
  readonly supervisionSteps?: readonly number[];
}

/** A result of made-up runs, one for each variant. */
function resultOf(variants: readonly Variant[], measured: readonly Measured[]): ExperimentResult {
  const experiment = tinyExperiment(variants);
  const plan = planExperiment(experiment, { budget: "smoke", seeds: 1 });
  return {
    experiment,
    task: "4x4 Sudoku",
    variants: plan.map(({ variant, config, runs: planned }, i) => {
      const runs = planned.map((run) => storedRun(run, measured[i]));
      return { variant, config, planned, runs, published: [] };
    }),
  };
}

function storedRun(
  planned: Pick<StoredRun, "hash" | "seed" | "config">,
  { solved, halted = [0, 0, 0, 0], supervisionSteps = halted }: Measured,
): StoredRun {
  const step = halted.map((_, i) => i + 1);
  const rest = step.map(() => 0);
  const evaluation = { seconds: 1, weights: "ema", count: 10, cells: 1, halting: 1 } as const;
  return {
    ...planned,
    folder: "",
    published: false,
    steps: {
      step,
      halted,
      supervisionSteps,
      seconds: step,
      learningRate: rest,
      loss: rest,
      solved: rest,
      cells: rest,
      halting: rest,
    },
    evaluations: [
      { ...evaluation, step: 2, solved: solved / 2 },
      { ...evaluation, step: 4, solved },
    ],
    facts: {
      date: new Date().toISOString(),
      resultsVersion: RESULTS_VERSION,
      step: 4,
      seconds: 60,
      processorSeconds: 120,
      parameters: 1,
      precision: "float32",
      engine: "tensorflow",
      device: "CPU",
      threads: 1,
      versions: { node: "", engine: "", tfjs: "" },
    },
  };
}

const depths = [
  { name: "a", changes: { model: { n: 2, T: 1 } } },
  { name: "b", changes: { model: { n: 1, T: 1 } }, paper: 0.5 },
  { name: "c", changes: { model: { n: 2, T: 3 } } },
];

describe("gridFigure", () => {
  const result = resultOf(depths, [{ solved: 0.2 }, { solved: 0.4 }, { solved: 0.6 }]);

  it("places every variant by two fields, in their order, and leaves empty what nobody measured", () => {
    const [map] = gridFigure(result, { columns: "model.n", rows: "model.T" }).data as {
      x?: string[];
      y?: string[];
      z?: (number | null)[][];
      text?: string[][];
    }[];
    assert.deepEqual(
      [map.x, map.y],
      [
        ["1", "2"],
        ["1", "3"],
      ],
    );
    assert.deepEqual(map.z, [
      [0.4, 0.2],
      [null, 0.6],
    ]);
    assert.match(map.text![0][0], /^40\.0<br>.*paper 50\.0/);
    assert.equal(map.text![0][1], "20.0");
  });

  it("names a field that there is not", () => {
    assert.throws(
      () => gridFigure(result, { columns: "model.n", rows: "model.depth" }),
      /tiny have no number or text at model\.depth/,
    );
  });
});

describe("thinking times", () => {
  const halting = [
    { name: "halt", changes: {} },
    { name: "never", changes: {} },
  ];
  // A step in which no puzzle was finished has no mean.
  const result = resultOf(halting, [
    { solved: 0.8, halted: [1, 3, 0, 2], supervisionSteps: [4, 2, Number.NaN, 1] },
    { solved: 0.4, halted: [0, 4, 0, 4], supervisionSteps: [Number.NaN, 4, Number.NaN, 4] },
  ]);

  it("are means over puzzles, not over training steps", () => {
    const [halt, never] = thinkingCurves(result, 2);
    assert.deepEqual([halt.name, halt.steps, halt.seeds], ["halt", [2, 4], [[2.5, 1]]]);
    assert.deepEqual(never.seeds, [[4, 4]]);
  });

  it("tell how many puzzles were seen and what a share of them took", () => {
    const [halt, never] = thinkingFrame(result, 0.6);
    assert.equal(halt["puzzles finished"], 6);
    assert.equal(halt["supervision steps each"], (4 + 3 * 2 + 2 * 1) / 6);
    assert.equal(halt["60% solved at step"], 4);
    assert.equal(halt["60% solved after core minutes"], 2);
    assert.equal(thinkingFrame(result, 0.4)[0]["40% solved after core minutes"], 1);
    assert.ok(Number.isNaN(never["60% solved at step"]));
    const thinned = resultOf(halting, [{ solved: 0.8, halted: [4, 2] }, { solved: 0.4 }]);
    assert.ok(Number.isNaN(thinkingFrame(thinned)[0]["puzzles finished"]));
  });
});

describe("trainVariant", () => {
  before(async () => {
    await startEngine();
  });

  it("trains a network of one's own with the settings of an experiment and puts it beside", async () => {
    const result = resultOf([{ name: "TRM", changes: { training: { totalSteps: 4 } } }], [{ solved: 0.5 }]);
    let applied = 0;
    const network: Network<tf.Tensor2D> = {
      init: ({ hiddenSize }, random) => linearWeight(hiddenSize, hiddenSize, random),
      apply: (_config, weight) => (h) => {
        applied++;
        return tf.tanh(linear(h, weight));
      },
    };
    const both = await trainVariant(result, "tanh", { network });
    assert.deepEqual(
      both.variants.map(({ variant }) => variant.name),
      ["TRM", "tanh"],
    );
    const [run] = both.variants[1].runs;
    assert.ok(applied > 0);
    assert.equal(run.evaluations.at(-1)?.step, 4);
    const { hiddenSize } = result.variants[0].config.model;
    const [row] = resultsFrame(both).slice(1);
    assert.ok(
      Number(row.parameters) > hiddenSize * hiddenSize && Number(row.parameters) < 3 * hiddenSize ** 2,
    );
  });
});
