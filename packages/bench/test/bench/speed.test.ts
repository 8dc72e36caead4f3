import assert from "node:assert/strict";
import { before, test } from "node:test";
import { compile, productFlops, startEngine, tf } from "tfjs-compile";
import { tinyModel, tinyTraining } from "../../../../lib/test/trainer/support";
import { measureSteps } from "../../src/bench/speed";

before(() => startEngine());

test("operations are counted as two for each number that a product sums", () => {
  const products = compile((a: tf.Tensor3D, b: tf.Tensor3D) => [
    tf.matMul(a, b), // 2 matrices of 3x5 numbers, each the sum of 4
    tf.matMul(a, a, true, false), // 2 of 4x4, each the sum of 3
    a.mul(2).sum(),
  ]);
  const [a, b] = [tf.ones([2, 3, 4]) as tf.Tensor3D, tf.ones([2, 4, 5]) as tf.Tensor3D];
  tf.dispose(products(a, b));
  assert.equal(productFlops(products.signatures()[0].graph), 2 * (2 * 3 * 5 * 4 + 2 * 4 * 4 * 3));
  tf.dispose([a, b]);
  products.dispose();
});

test("steps are measured, and nothing is left behind", async () => {
  const before = tf.memory().numTensors;
  const speed = await measureSteps(tinyModel(), tinyTraining, { steps: 3, warmUp: 1 });
  assert.equal(speed.batchSize, tinyTraining.batchSize);
  assert.ok(speed.stepsPerSecond > 0 && speed.firstStepSeconds > 0);
  // The loss of random weights is near that of guessing: 16 cells, ln 6 each, normalised per puzzle.
  assert.ok(speed.loss > 0.5 && speed.loss < 5, `${speed.loss}`);
  // A training step costs at least three passes of products over the last recursion.
  assert.ok(speed.flopsPerStep > 2 * speed.parameters * speed.batchSize);
  assert.equal(tf.memory().numTensors, before);
});
