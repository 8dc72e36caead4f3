import assert from "node:assert/strict";
import { before, test } from "node:test";
import { flatten, noGradient, startEngine, tf } from "tfjs-compile";
import {
  attention,
  countParameters,
  createModel,
  emptyCarry,
  freshLatents,
  inputEmbedding,
  type Latents,
  linear,
  linearWeight,
  type Network,
  refill,
  truncatedNormal,
} from "../../src/model";
import { gridRotaryTable, initAttention } from "../../src/model/attention";
import { createRandom } from "../../src/random";
import { lossAndGrads, paperTraining } from "../../src/trainer";
import { tinyModel } from "../trainer/support";

before(() => startEngine());

test("initial weights have the deviation asked for, although they are cut at two", () => {
  const values = [...truncatedNormal([100, 100], 0.5, createRandom(1)).dataSync()];
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const std = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
  assert.ok(Math.abs(mean) < 0.02 && Math.abs(std - 0.5) < 0.01, `mean ${mean}, deviation ${std}`);
  assert.ok(values.every((x) => Math.abs(x) <= (2 * 0.5) / 0.8796));
});

test("the paper's Sudoku model has about 5 million parameters with the MLP mixer, 7 million with attention", () => {
  // Source: the paper's Table 4 (5M and 7M).
  const count = (mixer: "mlp" | "attention") => {
    const sudoku = {
      vocabSize: 11,
      seqLen: 81,
      hiddenSize: 512,
      heads: 8,
      puzzleEmbSize: 512,
      puzzleEmbLen: 16,
    };
    const { weights } = tinyModel({ ...sudoku, mixer }).init({ normal: () => 0 });
    return countParameters(weights);
  };
  assert.equal(Math.round(count("mlp") / 1e6), 5);
  assert.equal(Math.round(count("attention") / 1e6), 7);
});

test("attention without positions treats all cells alike; rotary and learned positions do not", () => {
  const swap = [1, 0, ...Array.from({ length: 14 }, (_, i) => i + 2)];
  for (const [positions, alike] of [
    ["none", true],
    ["rope", false],
    ["rope-2d", false],
    ["learned", false],
    ["row-column", false],
  ] as const) {
    const model = tinyModel({ positions, puzzleEmbSize: 0, puzzleEmbLen: 0 });
    const params = model.init(createRandom(5));
    const latents = freshLatents(model.config, params, 1);
    const inputs = tf.tensor2d([[2, 3, 4, 5, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]], [1, 16], "int32");
    const logits = (x: tf.Tensor2D) => model.forward(params.weights, latents, x, null).logits;
    const swapped = tf.gather(logits(tf.gather(inputs, swap, 1) as tf.Tensor2D), swap, 1);
    const difference = tf.max(tf.abs(tf.sub(swapped, logits(inputs)))).dataSync()[0];
    assert.equal(difference < 1e-4, alike, `${positions}: ${difference}`);
  }
});

test("rope-2d turns the first half of the pairs by the row and the second by the column", () => {
  // A 3x3 grid behind two tokens without a place; 8 numbers a head are 4 pairs, 2 for each axis.
  const { cos, sin } = gridRotaryTable(3, 2, 8, 100);
  const [row, column] = [2, 1];
  const at = 2 + 3 * row + column;
  const angles = [row, row / 10, column, column / 10];
  for (const [table, f] of [
    [cos, Math.cos],
    [sin, Math.sin],
  ] as const) {
    const expected = [...angles, ...angles].map(f);
    const [actual, first] = [at, 1].map((position) => tf.slice(table, [position, 0], [1, 8]).dataSync());
    expected.forEach((value, i) => {
      assert.ok(Math.abs(actual[i] - value) < 1e-6, `${i}: ${actual[i]} is not ${value}`);
      assert.equal(first[i], f(0));
    });
  }
  assert.throws(() => tinyModel({ positions: "rope-2d", seqLen: 15 }), /needs a square grid, not 15 cells/);
  assert.throws(
    () => tinyModel({ positions: "rope-2d", heads: 16 }),
    /a width per head that 4 divides, not 2/,
  );
});

test("row-column positions are a vector of the row and one of the column, behind the puzzle's own tokens", () => {
  const config = tinyModel({ positions: "row-column", puzzleEmbSize: 8, puzzleEmbLen: 2 }).config;
  const { embedding } = createModel(config).init(createRandom(5)).weights;
  assert.deepEqual(embedding.rowColumn?.shape, [2 + 4 + 4, config.hiddenSize]);
  const x = inputEmbedding(config, embedding, tf.ones([1, 16], "int32"), tf.zeros([1, 8]));
  const at = (token: number) => tf.slice(x, [0, token, 0], [1, 1, -1]);
  const cell = (row: number, column: number) => at(2 + 4 * row + column);
  const largest = (values: tf.Tensor) => tf.max(tf.abs(values)).dataSync()[0];
  const step = (row: number) => tf.sub(cell(row, 1), cell(row, 3));
  assert.ok(largest(step(0)) > 0.1);
  assert.ok(largest(tf.sub(step(0), step(2))) < 1e-5); // the same in every row
  assert.ok(largest(tf.sub(cell(0, 1), cell(2, 1))) > 0.1);
  assert.ok(largest(tf.sub(at(0), at(1))) > 0.1);
  assert.throws(
    () => tinyModel({ positions: "row-column", mixer: "mlp", seqLen: 15 }),
    /"row-column", which needs a square grid, not 15 cells/,
  );
});

test("attentionNorm makes attention's output independent of the size of the values", () => {
  const config = tinyModel({ normEpsilon: 1e-12 }).config;
  const { qkv, out } = initAttention(config, createRandom(3));
  const h = tf.randomNormal<tf.Rank.R3>([1, 4, 32], 0, 1, "float32", 7);
  // The last third of the rows makes the values.
  const larger = tf.mul(qkv, tf.concat([tf.ones([64, 1]), tf.fill([32, 1], 10)])) as tf.Tensor2D;
  const change = (attentionNorm: boolean) => {
    const [small, large] = [qkv, larger].map((qkv) =>
      attention({ ...config, attentionNorm }, { qkv, out }, h, null),
    );
    return tf.max(tf.abs(tf.sub(small, large))).dataSync()[0];
  };
  assert.ok(change(true) < 1e-4, `${change(true)}`);
  assert.ok(change(false) > 0.1, `${change(false)}`);
});

test("gradients flow through the last latent recursion only", () => {
  // With T = 2 the first recursion is a constant: its weights' gradient is that of T = 1 started from its result.
  const model = tinyModel({ puzzleEmbSize: 0, puzzleEmbLen: 0 });
  const params = model.init(createRandom(2));
  const { weights } = params;
  const inputs = tf.fill([2, 16], 1, "int32") as tf.Tensor2D;
  const start = freshLatents(model.config, params, 2);
  const once = createModel({ ...model.config, T: 1 });
  const middle = noGradient(() => once.forward(weights, start, inputs, null).latents);
  const gradient = (which: typeof model, latents: Latents) =>
    tf.grad(
      (tokens) =>
        tf.sum(
          which.forward({ ...weights, embedding: { tokens: tokens as tf.Tensor2D } }, latents, inputs, null)
            .logits,
        ) as tf.Scalar,
    )(weights.embedding.tokens);
  const difference = tf.max(tf.abs(tf.sub(gradient(model, start), gradient(once, middle)))).dataSync()[0];
  assert.ok(difference < 1e-4, `${difference}`);
});

test("gradientRecursions lets gradients flow through as many latent recursions", () => {
  const model = tinyModel({ puzzleEmbSize: 0, puzzleEmbLen: 0, T: 3, gradientRecursions: 2 });
  const params = model.init(createRandom(2));
  const inputs = tf.fill([2, 16], 1, "int32") as tf.Tensor2D;
  const start = freshLatents(model.config, params, 2);
  const once = model.with({ T: 1, gradientRecursions: 1 });
  const loss = (forward: (weights: typeof params.weights) => tf.Tensor) =>
    tf.grad((tokens) => {
      const weights = { ...params.weights, embedding: { tokens: tokens as tf.Tensor2D } };
      return tf.sum(forward(weights)) as tf.Scalar;
    })(params.weights.embedding.tokens);
  // Three supervision steps of one recursion each, the first a constant.
  const unrolled = loss((weights) => {
    let latents = noGradient(() => once.forward(weights, start, inputs, null).latents);
    latents = once.forward(weights, latents, inputs, null).latents;
    return once.forward(weights, latents, inputs, null).logits;
  });
  const actual = loss((weights) => model.forward(weights, start, inputs, null).logits);
  const [size, difference] = [unrolled, tf.sub(actual, unrolled)].map((t) => tf.max(tf.abs(t)).dataSync()[0]);
  assert.ok(difference < 1e-4 * size, `${difference} of ${size}`);
  assert.throws(
    () => tinyModel({ gradientRecursions: 3 }),
    /model\.gradientRecursions is 3; it must be at most model\.T, which is 2/,
  );
});

test("a network of one's own can be injected", () => {
  const plain: Network<tf.Tensor2D> = {
    init: (config, random) => linearWeight(config.hiddenSize, config.hiddenSize, random),
    apply: (_, weight) => (h) => tf.tanh(linear(h, weight)),
  };
  const { config } = tinyModel({ puzzleEmbSize: 0, puzzleEmbLen: 0 });
  const model = createModel(config, { network: plain });
  const params = model.init(createRandom(3));
  const { weights } = params;
  assert.equal(flatten(weights.networks).length, 1);
  const latents = freshLatents(config, params, 1);
  const { logits } = model.forward(weights, latents, tf.ones([1, 16], "int32"), null);
  assert.deepEqual(logits.shape, [1, 16, 6]);
});

test("mistakes in a network of one's own are named with the weight and the shapes", () => {
  type Two = { used: tf.Tensor2D; spare: tf.Tensor2D };
  const firstLoss = (size: number, apply: Network<Two>["apply"]) => {
    const network: Network<Two> = {
      init: (_, random) => ({ used: linearWeight(size, size, random), spare: linearWeight(4, size, random) }),
      apply,
    };
    const { config } = tinyModel({ puzzleEmbSize: 0, puzzleEmbLen: 0 });
    const model = createModel(config, { network });
    const params = model.init(createRandom(3));
    const tokens = tf.ones<tf.Rank.R2>([2, 16], "int32");
    const batch = {
      inputs: tokens,
      labels: tokens,
      puzzleIdentifiers: tf.zeros([2], "int32") as tf.Tensor1D,
    };
    const carry = refill(params, emptyCarry(model, 2), batch);
    return tf.tidy(() => lossAndGrads(model, paperTraining, params, carry, tf.zeros([2], "int32")).value);
  };
  assert.throws(
    () =>
      firstLoss(
        16,
        (_, { used }) =>
          (h) =>
            linear(h, used),
      ),
    /a weight of shape \[16,16\] takes vectors of length 16, and h of shape \[2,16,32\] has vectors of 32/,
  );
  assert.throws(
    () =>
      firstLoss(
        32,
        (_, { spare }) =>
          (h) =>
            linear(h, spare),
      ),
    /the network makes \[2,16,4\] of h \[2,16,32\]; it must keep the shape/,
  );
  const tensors = tf.memory().numTensors;
  assert.throws(
    () =>
      firstLoss(
        32,
        (_, { used }) =>
          (h) =>
            tf.tanh(linear(h, used)),
      ),
    /the loss does not depend on weights\.networks\.z\.spare \[4,32\]: use it, or leave it out/,
  );
  assert.ok(tf.memory().numTensors - tensors < 60, "only the model and its batch are left");
});
