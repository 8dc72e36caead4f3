import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { startEngine, tf } from "tfjs-compile";
import type { ModelParams } from "trm/model";
import { createRandom } from "trm/random";
import { createReasoner, evaluate } from "trm/trainer";
import { tinyModel, tinyTask } from "../../../../lib/test/trainer/support";
import { haltingTimes } from "../../src/analysis";

describe("haltingTimes", () => {
  before(async () => {
    await startEngine();
  });

  it("halts by the rule of training and tells whether the answer was right by then and in the end", async () => {
    const model = tinyModel();
    const reasoner = createReasoner(model, "float32");
    const params = model.init(createRandom(1));
    const options = { batchSize: 9 };
    // What an untrained model answers in the end is declared to be right.
    const labels = new Int32Array(tinyTask.test.labels.length);
    let done = 0;
    await evaluate(reasoner, params, tinyTask.test, {
      ...options,
      onAnswers(batch, { tokens }) {
        labels.set(tokens.subarray(0, batch.count * batch.seqLen), done);
        done += batch.count * batch.seqLen;
      },
    });
    const test = { ...tinyTask.test, labels };
    const { bySteps } = await evaluate(reasoner, params, test, options);
    assert.ok(bySteps[0].solved < 1, "some answers change after the first step");

    const unsure = await haltingTimes(reasoner, params, test, options);
    assert.equal(unsure.length, 24);
    assert.ok(
      unsure.every(({ step, solvedThen, solvedInTheEnd }) => step === 3 && solvedThen && solvedInTheEnd),
    );

    const hasty = await haltingTimes(reasoner, withHaltingBias(params, 5), test, options);
    assert.ok(hasty.every(({ step, solvedInTheEnd }) => step === 1 && solvedInTheEnd));
    const right = hasty.filter(({ solvedThen }) => solvedThen).length;
    assert.equal(right / hasty.length, bySteps[0].solved);
  });
});

function withHaltingBias(params: ModelParams, bias: number): ModelParams {
  const qHead = { ...params.weights.qHead, bias: tf.tensor1d([bias, 0]) };
  return { ...params, weights: { ...params.weights, qHead } };
}
