import assert from "node:assert/strict";
import { before, test } from "node:test";
import { disposeTree, startEngine, tf } from "tfjs-compile";
import { type Batch, exampleCount, groupCount, testBatches } from "trm/batches";
import { createRandom } from "trm/random";
import { createReasoner, evaluate } from "trm/trainer";
import { tinyModel, tinyTask } from "../../../../lib/test/trainer/support";
import { evaluateInDetail, firstExamples } from "../../src/runs";

before(() => startEngine());

const model = tinyModel({ supervisionSteps: 2 });

test("details agree with the evaluation itself, by difficulty and in all", async () => {
  const params = model.init(createRandom(3));
  const before = tf.memory().numTensors;
  const reasoner = createReasoner(model, "float32");
  const { test } = tinyTask;
  const plain = await evaluate(reasoner, params, test, { batchSize: 7 });
  const ratings = Float64Array.from({ length: 24 }, (_, i) => [3, 1, 2][i % 3]);
  const rows: number[] = [];
  const detail = await evaluateInDetail(reasoner, params, [test], {
    batchSize: 7,
    ratings,
    quantiles: 3,
    onAnswers: (batch, { tokens, qHalt }, done) => {
      assert.equal(tokens.length, batch.inputs.length);
      assert.equal(qHalt.length, batch.size);
      rows.push(done);
    },
  });
  assert.deepEqual(rows, [7, 14, 21, 24]);
  for (const field of ["count", "solved", "cells", "halting"] as const)
    assert.equal(detail[field], plain[field]);
  const ranges = detail.byDifficulty!;
  assert.deepEqual(
    ranges.map(({ from, to, count }) => [from, to, count]),
    [
      [1, 1, 8],
      [2, 2, 8],
      [3, 3, 8],
    ],
  );
  const mean = ranges.reduce((sum, { count, cells }) => sum + count * cells, 0) / 24;
  assert.ok(Math.abs(mean - plain.cells) < 1e-6, `${mean} and ${plain.cells}`);
  assert.ok(detail.puzzlesPerSecond > 0);

  const [a, b] = [firstExamples([test], 10)[0], test];
  const pooled = await evaluate(reasoner, params, [a, b], { batchSize: 7 });
  const alone = await evaluate(reasoner, params, a, { batchSize: 7 });
  assert.equal(pooled.count, 34);
  assert.ok(Math.abs(pooled.cells - (10 * alone.cells + 24 * plain.cells) / 34) < 1e-12);
  assert.equal(pooled.bySteps.length, 2);
  reasoner.dispose();
  assert.equal(tf.memory().numTensors, before);
  disposeTree(params);
});

test("puzzles of one rating stay together, however unequal the ranges become", async () => {
  const params = model.init(createRandom(3));
  const reasoner = createReasoner(model, "float32");
  const ratings = Float64Array.from({ length: 24 }, (_, i) => (i < 20 ? 0 : i));
  const { byDifficulty } = await evaluateInDetail(reasoner, params, [tinyTask.test], {
    batchSize: 24,
    ratings,
  });
  assert.deepEqual(
    byDifficulty!.map(({ from, to, count }) => [from, to, count]),
    [
      [0, 0, 20],
      [20, 23, 4],
    ],
  );
  reasoner.dispose();
  disposeTree(params);
});

test("the first examples are whole groups in order, over several datasets", () => {
  const { train } = tinyTask;
  const [part] = firstExamples([train], 5);
  assert.deepEqual([exampleCount(part), groupCount(part)], [5, 5]);
  const tokens = (batches: Iterable<Batch>) => [...batches].map(({ inputs }) => [...inputs]);
  assert.deepEqual(tokens(testBatches(part, 5)), tokens(testBatches(train, 5)).slice(0, 1));
  const both = firstExamples([train, tinyTask.test], 70);
  assert.deepEqual(both.map(exampleCount), [64, 6]);
  assert.deepEqual(firstExamples([train], 1000).map(exampleCount), [64]);
});
