import assert from "node:assert/strict";
import { before, test } from "node:test";
import { startEngine, tf, zipTrees } from "tfjs-compile";
import { decideHalt } from "../../src/model";
import { createRandom } from "../../src/random";
import {
  adamATan2,
  answerLoss,
  binaryCrossEntropy,
  correctness,
  initAdam,
  learningRateAt,
  logProbabilities,
  muon,
  paperTraining,
  signSgd,
} from "../../src/trainer";
import { adamRates } from "../../src/trainer/rates";
import { tinyModel } from "./support";

before(() => startEngine());

const near = (actual: ArrayLike<number>, expected: number[], tolerance = 1e-6) => {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) => {
    assert.ok(Math.abs(actual[i] - value) < tolerance, `${actual[i]} is not ${value}`);
  });
};

test("stablemax: s(x) is x + 1 above 0 and 1 / (1 - x) below, then divided by its sum", () => {
  const probabilities = tf.exp(logProbabilities("stablemax", tf.tensor3d([[[1, 0, -1]]]))).dataSync();
  const s = [2, 1, 1 / 2];
  near(
    probabilities,
    s.map((value) => value / 3.5),
  );
});

test("stablemax and its gradient stay finite where softmax overflows", () => {
  const logits = tf.tensor3d([[[1e30, -1e30, 0]]]);
  const labels = tf.tensor2d([[2]], [1, 1], "int32");
  assert.ok(Number.isFinite(answerLoss("stablemax", logits, labels).dataSync()[0]));
  const grad = tf
    .grad((x) => answerLoss("stablemax", x as tf.Tensor3D, labels))(logits)
    .dataSync();
  assert.ok(grad.every(Number.isFinite));
});

test("label smoothing mixes the cross-entropy with that of all tokens alike, as PyTorch's does", () => {
  const logits = [1.5, -0.5, 0.25];
  const total = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));
  const uniform = logits.reduce((sum, x) => sum + (total - x) / 3, 0);
  const labels = tf.tensor2d([[1]], [1, 1], "int32");
  near(answerLoss("softmax", tf.tensor3d([[logits]]), labels, 0.2).dataSync(), [
    0.8 * (total - logits[1]) + 0.2 * uniform,
  ]);
});

test("a puzzle's loss is the mean over its own labelled cells", () => {
  const logits = tf.tensor3d([
    [
      [3, 0],
      [0, 0],
    ],
    [
      [0, 0],
      [0, 0],
    ],
  ]);
  const labels = tf.tensor2d(
    [
      [0, -100],
      [1, 0],
    ],
    [2, 2],
    "int32",
  );
  const expected = -Math.log(Math.exp(3) / (Math.exp(3) + 1)) + Math.log(2);
  near(answerLoss("softmax", logits, labels).dataSync(), [expected]);
  const { cells, solved, counts } = correctness(logits, labels);
  near(cells.dataSync(), [1, 0.5]);
  near(solved.dataSync(), [1, 0]);
  near(counts.dataSync(), [1, 1]);
});

test("binary cross-entropy of logits does not overflow", () => {
  near(binaryCrossEntropy(tf.tensor1d([0, 50, -50]), tf.tensor1d([1, 1, 0])).dataSync(), [Math.log(2)]);
});

test("AdamATan2's first step is lr * pi/4 against the gradient's sign, after weight decay", () => {
  // At t = 1: m = (1 - b1) g and sqrt(v) / sqrt(1 - b2) = |g|, so atan2 is atan(1 - b1), divided by 1 - b1.
  const [beta1, beta2, lr, weightDecay] = [0.9, 0.95, 0.01, 0.5];
  const weights = { w: tf.tensor1d([1, -2]) };
  const { weights: next } = adamATan2(
    { beta1, beta2, weightDecay },
    weights,
    { w: tf.tensor1d([1e-8, -300]) },
    initAdam(weights),
    {
      learningRate: tf.scalar(lr),
      correction1: tf.scalar(1 - beta1),
      correction2: tf.scalar(Math.sqrt(1 - beta2)),
    },
  );
  const move = (lr / (1 - beta1)) * Math.atan(1 - beta1);
  near(next.w.dataSync(), [1 * (1 - lr * weightDecay) - move, -2 * (1 - lr * weightDecay) + move]);
});

test("Muon moves a matrix along its orthogonalized gradient, and all else as AdamATan2 does", () => {
  const model = tinyModel();
  const { weights } = model.init(createRandom(1));
  const grads = model.init(createRandom(2)).weights;
  const config = { ...paperTraining, weightDecay: 0 };
  const rates = adamRates({ ...config, warmupSteps: 0 }, 1);
  const next = muon(config, weights, grads, initAdam(weights), rates).weights;
  const adam = adamATan2(config, weights, grads, initAdam(weights), rates).weights;
  assert.deepEqual(next.embedding.tokens.dataSync(), adam.embedding.tokens.dataSync());
  zipTrees(
    (p, moved, g) => {
      const size = config.learningRate * 0.2 * Math.sqrt(Math.max(...p.shape));
      const direction = tf.div<tf.Tensor2D>(tf.sub(p, moved), size);
      const isTall = p.shape[0] > p.shape[1]!;
      // Singular values are 1, but for what five rounds leave.
      const gram = tf.matMul(direction, direction, isTall, !isTall);
      const error = tf.sub(gram, tf.eye(gram.shape[0])).norm().dataSync()[0] / Math.sqrt(gram.shape[0]);
      assert.ok(error < 0.45, `${p.shape}: ${error}`);
      // The trace of direction^T gradient is the sum of its singular values, the most that any such matrix has.
      const along = tf.sum(tf.mul(direction, g)).dataSync()[0];
      assert.ok(along > tf.norm(g).dataSync()[0]);
      return p;
    },
    weights.networks,
    next.networks,
    grads.networks,
  );
});

test("sign-SGD adds up the gradients of a puzzle that occurs twice, and leaves unused rows alone", () => {
  const table = tf.tensor2d([
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
  const identifiers = tf.tensor1d([2, 0, 2], "int32");
  const grads = tf.tensor2d([
    [5, -1],
    [0, 2],
    [-1, -1],
  ]);
  const next = signSgd(table, identifiers, grads, tf.scalar(0.1), 0.5).dataSync();
  const kept = 1 - 0.1 * 0.5;
  near(next, [1 * kept, 1 * kept - 0.1, 2, 2, 3 * kept - 0.1, 3 * kept + 0.1]);
});

test("the learning rate warms up linearly, then follows half a cosine", () => {
  const schedule = { warmupSteps: 10, totalSteps: 110, minRatio: 0.1 };
  near(
    [1, 5, 10, 60, 110].map((t) => learningRateAt(t, 2, schedule)),
    [0.2, 1, 2, 2 * 0.55, 0.2],
  );
});

test("halting: at the limit always, earlier when the model believes its answer, never before the explored minimum", () => {
  const steps = tf.tensor1d([3, 1, 1, 2], "int32");
  const q = tf.tensor1d([-9, 1, -1, 1]);
  const minSteps = tf.tensor1d([0, 0, 0, 3], "int32");
  const { config } = tinyModel({ supervisionSteps: 3 });
  near(decideHalt(config, steps, q, tf.zerosLike(q), minSteps).dataSync(), [1, 1, 0, 0]);
  const learning = { ...config, halting: "continue" } as const;
  near(decideHalt(learning, steps, q, tf.tensor1d([0, 2, -2, 0]), minSteps).dataSync(), [1, 0, 1, 0]);
});
