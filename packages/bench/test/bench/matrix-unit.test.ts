import assert from "node:assert/strict";
import { before, test } from "node:test";
import {
  compile,
  disposeTree,
  flatten,
  matrixUnit,
  nativeCompiler,
  startEngine,
  type tf,
} from "tfjs-compile";
import { createModel } from "trm/model";
import { createRandom } from "trm/random";
import { initTrainState, stepRates, type TrainState, trainStep } from "trm/trainer";
import { rowModel, rowNamed, rowTraining } from "../../src/bench/rows";
import { randomBatch } from "../../src/bench/work";

before(() => startEngine({ threads: 2 }));

/** State and metrics after the first training step of the preset sudoku-6x6, of each of two equal steps. */
function firstSteps(amx: "off" | "emulated"): tf.TypedArray[][] {
  process.env.TFJS_COMPILE_AMX = amx;
  assert.equal(matrixUnit().used, amx === "emulated");
  const row = rowNamed("6x6-64 mlp bfloat16 train");
  const [model, training] = [createModel(rowModel(row)), rowTraining(row)];
  const random = createRandom(0);
  const state = initTrainState(model, model.init(random), training.batchSize);
  const batch = randomBatch(model, training.batchSize, random);
  const rates = stepRates(training, 1, new Int32Array(training.batchSize));
  const program = compile((state: TrainState) => trainStep(model, training, state, batch, rates), {
    precision: training.precision,
    device: "native",
    name: `trainStep, AMX ${amx}`,
  });
  const steps = [0, 1].map(() => {
    const result = program(state);
    const values = flatten(result).map((tensor) => tensor.dataSync().slice());
    disposeTree(result);
    return values;
  });
  disposeTree([state, batch, rates]);
  program.dispose();
  return steps;
}

test("a training step on the emulated matrix unit gives what the step without it gives", (t) => {
  if (nativeCompiler() === undefined) return t.skip("no C compiler works here");
  const [without] = firstSteps("off");
  const [first, second] = firstSteps("emulated");
  assert.deepEqual(first, second, "the step does not repeat bit for bit");
  const norm = (values: readonly number[]) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
  first.forEach((values, i) => {
    const [found, expected] = [Array.from(values), Array.from(without[i])];
    const difference = norm(found.map((value, k) => value - expected[k]));
    // Measured: at most 0.032. Sums of another order are rounded to another bfloat16 now and then: 2^-8 of a number.
    assert.ok(difference <= 0.05 * norm(expected), `tensor ${i}: ${difference} of ${norm(expected)}`);
  });
});
