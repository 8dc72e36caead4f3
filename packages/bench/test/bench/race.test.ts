import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { startEngine, tf } from "tfjs-compile";
import { createTrainer } from "trm/trainer";
import { readSafetensors } from "trm-workbench/files";
import { toStateDict } from "trm-workbench/official";
import { raceTable } from "../../src/bench";
import { exportRace, openRace, raceFiles } from "../../src/bench/race";

before(() => startEngine());

test("the peer of a race gets the weights and batches that we train with", async () => {
  const race = await openRace({
    seed: 3,
    target: 0.95,
    evaluateEvery: 30,
    threads: 1,
    precision: "float32",
  });
  const folder = mkdtempSync(join(tmpdir(), "trm-race-"));
  const trainer = createTrainer(race.model, race.training, race.data.train, { augment: race.data.augment });
  try {
    const tensors = tf.memory().numTensors;
    exportRace(race, folder);
    assert.equal(tf.memory().numTensors, tensors);
    const { tensors: given } = readSafetensors(join(folder, raceFiles.data));
    for (const [name, tensor] of Object.entries(toStateDict(trainer.state.params))) {
      assert.deepEqual(given[name].data, tensor.dataSync(), name);
    }
    const { batchSize, totalSteps } = race.training;
    assert.deepEqual(given.inputs.shape, [totalSteps, batchSize, 36]);
    assert.deepEqual(given.min_steps.shape, [totalSteps, batchSize]);
    assert.deepEqual(given.test_inputs.shape, [256 / batchSize, batchSize, 36]);

    // Every row begins with a puzzle of the first batch, and no untrained model believes to be right.
    await trainer.next();
    const { inputs, labels } = trainer.state.carry.batch;
    const size = batchSize * 36;
    assert.deepEqual(given.inputs.data.subarray(0, size), inputs.dataSync());
    assert.deepEqual(given.labels.data.subarray(0, size), labels.dataSync());

    const settings = JSON.parse(readFileSync(join(folder, raceFiles.settings), "utf8"));
    assert.equal(settings.config.precision, "float32");
    assert.equal(settings.config.hidden_size, race.model.config.hiddenSize);
    assert.equal(settings.learningRates.length, totalSteps);
    assert.equal(settings.learningRates[race.training.warmupSteps - 1], race.training.learningRate);
  } finally {
    trainer.dispose();
    race.data.close();
    rmSync(folder, { recursive: true });
  }
});

test("a race that was not won says so in its table", () => {
  const outcome = { reached: true, steps: 600, firstStepSeconds: 1, trainingSeconds: 40, seconds: 50 };
  const peer = { ...outcome, reached: false, steps: 1000, trainingSeconds: 80, seconds: 200 };
  const [, , line] = raceTable([{ seed: 1, ours: outcome, peer }]).split("\n");
  assert.deepEqual(
    line.split("|").map((cell) => cell.trim()),
    ["", "1", "600", "1000 (not reached)", "40.0", "80.0", "0.50", "50.0", "200.0", "0.25", ""],
  );
});
