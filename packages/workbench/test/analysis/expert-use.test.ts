import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { startEngine, type TensorTree, tf } from "tfjs-compile";
import type { BlockParams, ExpertsParams, ModelParams } from "trm/model";
import { createRandom } from "trm/random";
import { tinyModel, tinyTask } from "../../../../lib/test/trainer/support";
import { expertUse } from "../../src/analysis";

describe("expertUse", () => {
  before(async () => {
    await startEngine();
  });

  it("counts the router's choices, layer by layer and group by group", () => {
    const model = tinyModel({ experts: 4, expertsPerToken: 2 });
    const params = model.init(createRandom(1));
    const group = (token: number) => (token === 1 ? "empty" : "clue");
    const use = expertUse(model, params, tinyTask.test, { group });
    assert.deepEqual(use.map(({ layer, group }) => `${layer} ${group}`).sort(), [
      "1 clue",
      "1 empty",
      "2 clue",
      "2 empty",
    ]);
    for (const { shares } of use) {
      assert.equal(shares.length, 4);
      assert.ok(Math.abs(shares.reduce((a, b) => a + b) - 1) < 1e-9);
      // With the two best of four, no expert can have more than every other choice.
      assert.ok(shares.every((share) => share <= 0.5));
    }
  });

  it("shows a router that sends everything to the same experts", () => {
    const model = tinyModel({ experts: 4, expertsPerToken: 2 });
    // To a router of zeros all experts are alike, and the first ones win.
    const params = withRouters(model.init(createRandom(1)), (router) => tf.zerosLike(router));
    for (const { group, shares } of expertUse(model, params, tinyTask.test, { puzzles: 8 })) {
      assert.equal(group, "all cells");
      assert.deepEqual(shares, [0.5, 0.5, 0, 0]);
    }
  });

  it("refuses a model without a choice", () => {
    const model = tinyModel();
    assert.throws(() => expertUse(model, model.init(createRandom(1)), tinyTask.test), /model\.experts is 1/);
  });
});

function withRouters(params: ModelParams, change: (router: tf.Tensor2D) => tf.Tensor2D): ModelParams {
  const blocks = params.weights.networks.z as readonly BlockParams<TensorTree, ExpertsParams>[];
  const z = blocks.map((block) => ({ ...block, mlp: { ...block.mlp, router: change(block.mlp.router) } }));
  return { ...params, weights: { ...params.weights, networks: { z } } };
}
