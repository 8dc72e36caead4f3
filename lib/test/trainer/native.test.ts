import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, before, describe, test } from "node:test";
import { onCompiling, startEngine, tf } from "tfjs-compile";
import { toolchain } from "../../../packages/engine/src/native/toolchain";
import type { ModelConfig } from "../../src/model";
import { createTrainer, type History, type Trainer, train } from "../../src/trainer";
import { tinyModel, tinyTask, tinyTraining } from "./support";

/** A whole run: augmented puzzles, halting, evaluation of both weights. */
async function run(
  how: "native" | "tensorflow",
  precision: "float32" | "bfloat16",
  changes: Partial<ModelConfig>,
): Promise<History> {
  process.env.TFJS_COMPILE_TO = how;
  const trainer = createTrainer(tinyModel(changes), { ...tinyTraining, precision }, tinyTask.train, {
    augment: tinyTask.augment,
  });
  const history = await train(trainer, { test: tinyTask.test, evaluateEvery: 10, weights: ["live", "ema"] });
  trainer.dispose();
  return history;
}

const variants: Record<string, Partial<ModelConfig>> = {
  "attention, with a puzzle embedding": {},
  "MLP, without": { mixer: "mlp", positions: "none", puzzleEmbSize: 0, puzzleEmbLen: 0 },
};

describe("training natively", { skip: toolchain() === undefined && "no C compiler works here" }, () => {
  before(() => startEngine({ backend: "tensorflow" }));
  afterEach(() => {
    delete process.env.TFJS_COMPILE_TO;
  });

  for (const [name, changes] of Object.entries(variants)) {
    test(`${name}: goes as in TensorFlow, step by step`, async () => {
      const tensors = tf.memory().numTensors;
      const expected = await run("tensorflow", "float32", changes);
      const actual = await run("native", "float32", changes);
      assert.equal(actual.steps.length, 20);
      // Later, rounding has grown: recursion through an MLP amplifies it.
      actual.steps.slice(0, 10).forEach(({ step, loss, halted, supervisionSteps }, i) => {
        const other = expected.steps[i]!;
        assert.ok(Math.abs(loss - other.loss) < 1e-3 * other.loss, `step ${step}: ${loss}, ${other.loss}`);
        assert.deepEqual([halted, supervisionSteps], [other.halted, other.supervisionSteps], `step ${step}`);
      });
      actual.evaluations.forEach(({ step, weights, cells }, i) => {
        const other = expected.evaluations[i]!.cells;
        assert.ok(Math.abs(cells - other) < 0.05, `${weights} at step ${step}: ${cells}, ${other}`);
      });
      assert.equal(tf.memory().numTensors, tensors);
    });

    test(`${name}: learns as in TensorFlow in bfloat16`, async () => {
      const expected = await run("tensorflow", "bfloat16", changes);
      const actual = await run("native", "bfloat16", changes);
      const mean = ({ steps }: History) => steps.reduce((sum, { loss }) => sum + loss, 0) / steps.length;
      const [ours, theirs] = [mean(actual), mean(expected)];
      assert.ok(Math.abs(ours - theirs) < 0.05 * theirs, `mean loss ${ours}, TensorFlow's ${theirs}`);
    });

    test(`${name}: the same again, bit for bit`, async () => {
      const [once, again] = [
        await run("native", "bfloat16", changes),
        await run("native", "bfloat16", changes),
      ];
      const losses = ({ steps }: History) => steps.map(({ loss }) => loss);
      assert.deepEqual(losses(again), losses(once));
    });
  }

  test("an interrupt ends the compiler, and the run goes on as if there had been none", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "trm-interrupt-"));
    const given = process.env.TFJS_COMPILE_NATIVE_CACHE;
    process.env.TFJS_COMPILE_NATIVE_CACHE = folder;
    process.env.TFJS_COMPILE_TO = "native";
    t.after(() => {
      if (given === undefined) delete process.env.TFJS_COMPILE_NATIVE_CACHE;
      else process.env.TFJS_COMPILE_NATIVE_CACHE = given;
      rmSync(folder, { recursive: true });
    });
    const start = () => createTrainer(tinyModel(), tinyTraining, tinyTask.train);
    const [trainer, uninterrupted] = [start(), start()];
    const controller = new AbortController();
    const stop = onCompiling((running) => {
      if (running.length > 0) controller.abort();
    });
    const { interrupted, steps } = await train(trainer, { untilStep: 3, signal: controller.signal });
    stop();
    assert.deepEqual([interrupted, steps, trainer.step], [true, [], 0]);
    assert.deepEqual(trainer.hostState(), uninterrupted.hostState());
    const losses = async (trainer: Trainer) =>
      (await train(trainer, { untilStep: 3 })).steps.map(({ loss }) => loss);
    assert.deepEqual(await losses(trainer), await losses(uninterrupted));
    trainer.dispose();
    uninterrupted.dispose();
  });
});
