import assert from "node:assert/strict";
import { before, test } from "node:test";
import { startEngine, tf } from "tfjs-compile";
import {
  type BlockParams,
  countParameters,
  effectiveDepth,
  hrmModel,
  mixtureOfExperts,
  networkOf,
  paperModel,
  route,
} from "../../src/model";
import { createRandom } from "../../src/random";
import { tinyModel } from "../trainer/support";

before(() => startEngine());

const near = (actual: tf.Tensor, expected: number[]) => {
  const values = actual.dataSync();
  assert.equal(values.length, expected.length);
  expected.forEach((value, i) => {
    assert.ok(Math.abs(values[i] - value) < 1e-6, `${values[i]} is not ${value}`);
  });
};

/** Two cells, three experts: probabilities 0.5, 0.3, 0.2 and 0.2, 0.2, 0.6. */
const logits = () =>
  tf.log(
    tf.tensor3d([
      [
        [0.5, 0.3, 0.2],
        [0.2, 0.2, 0.6],
      ],
    ]),
  ) as tf.Tensor3D;

test("the best expert is weighted by its probability, the balance is E times the sum of f P", () => {
  const { gates, balance } = route(logits(), 1);
  near(gates, [0.5, 0, 0, 0, 0, 0.6]);
  // f = 1/2, 0, 1/2 and P = 0.35, 0.25, 0.4
  near(balance, [3 * (0.5 * 0.35 + 0.5 * 0.4)]);
});

test("of the two best, weights sum to 1; of equal experts the first is chosen", () => {
  const { gates, balance } = route(logits(), 2);
  near(gates, [0.625, 0.375, 0, 0.25, 0, 0.75]);
  // f = 2/4, 1/4, 1/4
  near(balance, [3 * (0.5 * 0.35 + 0.25 * 0.25 + 0.25 * 0.4)]);
});

test("the balance is 1 where all experts are used alike, E where one does everything", () => {
  near(
    route(
      tf.tensor3d([
        [
          [9, -99],
          [-99, 9],
        ],
      ]),
      1,
    ).balance,
    [1],
  );
  near(
    route(
      tf.tensor3d([
        [
          [99, -99],
          [99, -99],
        ],
      ]),
      1,
    ).balance,
    [2],
  );
});

test("experts that are all alike compute what one SwiGLU computes", () => {
  const one = tinyModel().config;
  const four = { ...one, experts: 4, expertsPerToken: 2 };
  const random = createRandom(3);
  const blocks = networkOf(one).init(one, random) as BlockParams[];
  const router = tf.randomNormal([4, one.hiddenSize], 0, 1, "float32", 1);
  const mixtures = blocks.map(({ mixer, mlp }) => ({
    mixer,
    mlp: { router, experts: [mlp, mlp, mlp, mlp] },
  }));
  const h = tf.randomNormal([2, 17, one.hiddenSize], 0, 1, "float32", 2) as tf.Tensor3D;
  const balances: tf.Scalar[] = [];
  const experts = mixtureOfExperts(({ balance }) => balances.push(balance));
  const expected = networkOf(one).apply(one, blocks)(h);
  const actual = networkOf(four, experts).apply(four, mixtures)(h);
  assert.ok(tf.max(tf.abs(tf.sub(actual, expected))).dataSync()[0] < 1e-5);
  assert.equal(balances.length, one.layers);
});

test("parameters: HRM has the paper's 27 million, TRM 7 million; every expert is a SwiGLU more", () => {
  // Source: the paper's Tables 4 and 5. 900 cells and 12 tokens, as in ARC-AGI.
  const { experts, layers, ...sizes } = { ...paperModel, seqLen: 900, vocabSize: 12 };
  const count = (changes: object) =>
    countParameters(tinyModel({ ...sizes, layers, ...changes }).init({ normal: () => 0 }).weights);
  const trm = count({});
  assert.equal(Math.round(trm / 1e6), 7);
  assert.equal(Math.round(count(hrmModel) / 1e6), 27);
  assert.equal(count({ experts: 4 }) - trm, layers * (3 * (3 * 512 * 1536) + 4 * 512));
});

test("the effective depth is the paper's", () => {
  // Source: the paper's Table 3: HRM with n = 2, T = 2 has 24 layers, TRM with n = 6, T = 3 has 42.
  assert.equal(effectiveDepth({ ...paperModel, ...hrmModel }), 24);
  assert.equal(effectiveDepth(paperModel), 42);
  assert.equal(effectiveDepth({ ...paperModel, ...hrmModel, answerLayers: 1 }), 18);
  assert.equal(effectiveDepth({ ...paperModel, recursion: "direct", layers: 8, n: 1, T: 1 }), 8);
});

test("combinations that would do something else than they say are refused by name", () => {
  assert.throws(
    () => tinyModel({ experts: 2, expertsPerToken: 3 }),
    /model\.expertsPerToken is 3; it must be at most/,
  );
  assert.throws(
    () => tinyModel({ experts: 0 }),
    /model\.experts is 0; it must be a whole number of at least 1/,
  );
  assert.throws(() => tinyModel({ expertBalance: -1 }), /model\.expertBalance is -1; it must be a number/);
  assert.throws(
    () => tinyModel({ recursion: "direct" }),
    /model\.n is 2 and model\.T is 2, but .* both must be 1/,
  );
  assert.throws(
    () => tinyModel({ recursion: "single-latent", networks: 2 }),
    /model\.networks is 2, but model\.recursion "single-latent" has only one latent to update; it must be 1/,
  );
});
