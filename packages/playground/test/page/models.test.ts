import assert from "node:assert/strict";
import { test } from "node:test";
import { configurations } from "../../src/configurations";
import { trainable } from "../../src/page/models";
import { trainableModels } from "../../src/protocol";

test("the page knows the configurations as they are, before a worker has told it", () => {
  for (const name of trainableModels) {
    const { kind, n, T, steps, own } = trainable[name];
    const { model, training, supervisionSteps, ...task } = configurations[name];
    assert.deepEqual(
      { box: kind.box, n, T, steps },
      { box: task.box, n: model.n, T: model.T, steps: supervisionSteps },
      name,
    );
    const { learningRate, ema } = training;
    assert.deepEqual(own, { learningRate, ema, supervisionSteps, latents: 2 }, name);
  }
});
