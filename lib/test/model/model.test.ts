import assert from "node:assert/strict";
import { before, test } from "node:test";
import { flatten, noGradient, startEngine, tf } from "tfjs-compile";
import {
  countParameters,
  createModel,
  freshLatents,
  type Latents,
  linear,
  linearWeight,
  type Network,
  truncatedNormal,
} from "../../src/model";
import { createRandom } from "../../src/random";
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
    ["learned", false],
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
