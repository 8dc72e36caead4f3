import assert from "node:assert/strict";
import { test } from "node:test";
import { startEngine, tf } from "tfjs-compile";
import { runningPjrt } from "../../../packages/engine/src/pjrt/engine";
import { needsPlugin } from "../../../packages/engine/test/pjrt";
import { createTrainer, type History, train } from "../../src/trainer";
import { tinyModel, tinyTask, tinyTraining } from "./support";

/** A whole run: attention, puzzle embedding, augmented puzzles, evaluation of both weights. */
async function run(backend: "tensorflow" | "pjrt", precision: "float32" | "bfloat16"): Promise<History> {
  await startEngine({ backend });
  const trainer = createTrainer(tinyModel(), { ...tinyTraining, precision }, tinyTask.train, {
    augment: tinyTask.augment,
  });
  const history = await train(trainer, { test: tinyTask.test, evaluateEvery: 10, weights: ["live", "ema"] });
  trainer.dispose();
  return history;
}

test("a training run on a PJRT device goes as it does in TensorFlow, step by step", needsPlugin, async () => {
  const before = tf.memory().numTensors;
  const expected = await run("tensorflow", "float32");
  const actual = await run("pjrt", "float32");
  assert.equal(actual.steps.length, 20);
  actual.steps.forEach(({ step, loss, halted, supervisionSteps }, i) => {
    const other = expected.steps[i]!;
    assert.ok(
      Math.abs(loss - other.loss) < 1e-3 * other.loss,
      `step ${step}: loss ${loss}, TensorFlow ${other.loss}`,
    );
    assert.deepEqual([halted, supervisionSteps], [other.halted, other.supervisionSteps], `step ${step}`);
  });
  actual.evaluations.forEach(({ step, weights, cells }, i) => {
    assert.ok(
      Math.abs(cells - expected.evaluations[i]!.cells) < 0.01,
      `evaluation of ${weights} at step ${step}`,
    );
  });
  assert.equal(tf.memory().numTensors, before);
  assert.equal(runningPjrt()!.tensors.memory().tensors, 0);
});

test("in bfloat16 the device learns as TensorFlow does", needsPlugin, async () => {
  const [expected, actual] = [await run("tensorflow", "bfloat16"), await run("pjrt", "bfloat16")];
  const losses = ({ steps }: History) => steps.map(({ loss }) => loss);
  losses(actual).forEach((loss, i) => {
    const other = losses(expected)[i]!;
    assert.ok(Math.abs(loss - other) < 0.05 * other, `step ${i + 1}: loss ${loss}, TensorFlow ${other}`);
  });
});

test(
  "1,000 training steps, of which each is started before the last is read, leave nothing behind",
  needsPlugin,
  async () => {
    await startEngine({ backend: "pjrt" });
    const { device, tensors } = runningPjrt()!;
    const trainer = createTrainer(
      tinyModel({ n: 1, T: 1 }),
      { ...tinyTraining, totalSteps: 1000 },
      tinyTask.train,
    );
    const counts: number[][] = [];
    let megabytes: number[] = [];
    await train(trainer, {
      saveEvery: 250,
      save: () => {
        counts.push([
          device.registry.size,
          tensors.memory().tensors,
          tensors.memory().bytes,
          tf.memory().numTensors,
        ]);
        megabytes = [...megabytes, process.memoryUsage().rss / 1e6];
      },
    });
    assert.equal(counts.length, 4);
    for (const count of counts) assert.deepEqual(count, counts[0]);
    // A step's state is 1 MB: leaked, those of 500 steps would be half a gigabyte.
    assert.ok(megabytes[3]! - megabytes[1]! < 100, `the process grew: ${megabytes.map(Math.round)} MB`);
    trainer.dispose();
  },
);
