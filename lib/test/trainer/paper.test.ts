import assert from "node:assert/strict";
import { before, test } from "node:test";
import { compile, flatten, startEngine, tf } from "tfjs-compile";
import { testBatches } from "../../src/batches";
import { type BatchTensors, type ModelParams, truncatedNormal } from "../../src/model";
import { createRandom } from "../../src/random";
import {
  deepSupervision,
  initTrainState,
  METRICS,
  type StepRates,
  type TrainState,
  trainStep,
} from "../../src/trainer";
import { toTensors } from "../../src/trainer/batch";
import { stepRates } from "../../src/trainer/rates";
import { tinyModel, tinyTask, tinyTraining } from "./support";

before(() => startEngine());

const model = tinyModel({ puzzleEmbSize: 0, puzzleEmbLen: 0, exploration: 0, supervisionSteps: 4 });
/** The learning rate warms up and falls again, so that a step counted wrongly shows. */
const training = { ...tinyTraining, warmupSteps: 4, totalSteps: 10, minRatio: 0.1 };
const puzzles = [...testBatches(tinyTask.test, 1)].slice(0, 4);

/** The row's training by the compiled step: after a halt it takes the next puzzle, as `refill` does in a batch. */
function trainCompiled(params: ModelParams) {
  const step = compile((state: TrainState, batch: BatchTensors, rates: StepRates) =>
    trainStep(model, training, state, batch, rates),
  );
  const losses: number[] = [];
  const stepsOf: number[] = [];
  let state = initTrainState(model, params, 1);
  for (let next = 0; ; ) {
    const halted = state.carry.halted.dataSync()[0] === 1;
    if (halted && next === puzzles.length) break;
    // A row that goes on ignores the batch.
    const batch = toTensors(puzzles[halted ? next++ : 0]);
    const rates = stepRates(training, losses.length + 1, Int32Array.of(0));
    const after = step(state, batch, rates);
    const sums = after.metrics.dataSync();
    const metric = (name: (typeof METRICS)[number]) => sums[METRICS.indexOf(name)];
    losses.push(metric("lm_loss") + 0.5 * metric("q_halt_loss"));
    if (metric("count") === 1) stepsOf.push(metric("steps"));
    state = after.state;
  }
  step.dispose();
  return { weights: state.params.weights, losses, stepsOf };
}

test("Figure 3 leaves the weights and losses of the compiled training step for one row, halting included", () => {
  // A halting head that believes some answers from the start; the usual one begins at "surely wrong".
  const { weights: initial, ...rest } = model.init(createRandom(4));
  const qHead = {
    weight: truncatedNormal([2, model.config.hiddenSize], 1, createRandom(8)) as tf.Tensor2D,
    bias: tf.zeros([2]) as tf.Tensor1D,
  };
  const params = { ...rest, weights: { ...initial, qHead } };
  const tensors = puzzles.map(toTensors).map(({ inputs, labels }) => ({ xInput: inputs, yTrue: labels }));
  const before = tf.memory().numTensors;
  const { weights, steps } = deepSupervision(model.config, training, params, tensors);
  assert.equal(tf.memory().numTensors - before, flatten(weights).length, "only the weights are left");

  const compiled = trainCompiled(params);
  assert.deepEqual(compiled.stepsOf, [1, 2, 2, 4], "puzzles halt at once, on the way and at the limit");
  assert.equal(steps.length, compiled.losses.length);
  // Only the order of float32 sums differs. AdamATan2 divides the size of a gradient out, so that a rounding error of 1e-6 in it
  // moves a weight by about 1e-6 of the learning rate, at most 1e-3; a step too many or too few moves nearly all by the learning rate.
  steps.forEach(({ loss }, i) => {
    assert.ok(
      Math.abs(loss - compiled.losses[i]) < 1e-5 * loss,
      `step ${i + 1}: ${loss}, not ${compiled.losses[i]}`,
    );
  });
  const expected = flatten(compiled.weights);
  flatten(weights).forEach((weight, i) => {
    const difference = tf.max(tf.abs(tf.sub(weight, expected[i]))).dataSync()[0];
    assert.ok(difference < 1e-5, `leaf ${i} of the weights differs by ${difference}`);
  });
});

test("a model that Figure 3 does not describe is refused", () => {
  const { config } = tinyModel({ puzzleEmbSize: 0, puzzleEmbLen: 0 });
  const params = model.init(createRandom(4));
  assert.throws(
    () => deepSupervision(config, training, params, []),
    /model\.exploration is 0\.1, but Figure 3 needs 0; train this model with createTrainer/,
  );
});
