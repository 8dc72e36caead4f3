import assert from "node:assert/strict";
import { before, test } from "node:test";
import { tf } from "../src";
import { startEngine } from "../src/backend";
import { compile } from "../src/compile";
import { disposeTree, flatten } from "../src/tree";
import { exampleBatch, initialState, type State, trainStep } from "./transformer";

before(async () => {
  await startEngine({ backend: "tensorflow" });
});

const value = (scalar: tf.Tensor) => scalar.dataSync()[0]!;

/** tf.tidy, whose types know no read-only trees. */
const tidyTree = <R>(fn: () => R): R => tf.tidy(fn as () => tf.TensorContainer) as R;

/** Trains for some steps and gives the losses and the last state. */
function train(step: typeof trainStep, steps: number, state: State): { losses: number[]; state: State } {
  const { tokens, labels } = exampleBatch(4, 9);
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const result = tidyTree(() => step(state, tokens, labels));
    losses.push(value(result.loss));
    disposeTree(state);
    result.loss.dispose();
    state = result.state;
  }
  disposeTree([tokens, labels]);
  return { losses, state };
}

test("a transformer's training step, compiled and eager, gives the same weights", () => {
  const start = tf.memory().numTensors;
  const compiled = compile(trainStep);
  const fast = train(compiled, 5, initialState());
  const slow = train(trainStep, 5, initialState());
  fast.losses.forEach((loss, i) => {
    assert.ok(Math.abs(loss - slow.losses[i]!) < 1e-5, `loss of step ${i}: ${loss}, eager ${slow.losses[i]}`);
  });
  assert.ok(fast.losses[4]! < fast.losses[0]!, "the loss does not fall");
  const [a, b] = [flatten(fast.state), flatten(slow.state)];
  a.forEach((tensor, i) => {
    const difference = tf.tidy(() => value(tensor.sub(b[i]!).abs().max()));
    assert.ok(difference < 1e-5, `tensor ${i} differs by ${difference}`);
  });
  disposeTree([fast.state, slow.state]);
  compiled.dispose();
  assert.equal(tf.memory().numTensors, start);
});

test("in bfloat16 the same step learns as well", () => {
  const compiled = compile(trainStep, { precision: "bfloat16" });
  const half = train(compiled, 30, initialState());
  const full = train(compile(trainStep), 30, initialState());
  assert.ok(half.losses[29]! < 0.5 * half.losses[0]!, `losses ${half.losses[0]} to ${half.losses[29]}`);
  assert.ok(Math.abs(half.losses[29]! - full.losses[29]!) < 0.1, `${half.losses[29]} and ${full.losses[29]}`);
  disposeTree([half.state, full.state]);
  compiled.dispose();
});

test("1,000 compiled steps keep tensors and the process's memory flat", () => {
  const compiled = compile(trainStep, { donate: [0] });
  const { tokens, labels } = exampleBatch(4, 9);
  let state = initialState();
  const run = (steps: number) => {
    for (let i = 0; i < steps; i++) {
      const result = compiled(state, tokens, labels);
      state = result.state;
      result.loss.dispose();
    }
  };
  run(200);
  const tensors = tf.memory().numTensors;
  const resident = process.memoryUsage.rss();
  run(1000);
  assert.equal(tf.memory().numTensors, tensors);
  const grown = (process.memoryUsage.rss() - resident) / 2 ** 20;
  // Alone it grows by less than 1 MB; a leaked state would make 300 MB.
  assert.ok(grown < 25, `the process grew by ${grown.toFixed(1)} MB`);
  disposeTree([state, tokens, labels]);
  compiled.dispose();
});
