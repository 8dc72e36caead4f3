import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { disposeTree, flatten, startEngine, tf } from "tfjs-compile";
import { createTrainer, type Trainer } from "trm/trainer";
import { tinyModel, tinyTask, tinyTraining } from "../../../../lib/test/trainer/support";
import { latestCheckpoint, listCheckpoints, readCheckpoint, saveCheckpoint } from "../../src/checkpoints";
import { scratchFolder } from "../runs/support";

before(() => startEngine());

const start = (): Trainer => createTrainer(tinyModel(), tinyTraining, tinyTask.train);

function save(trainer: Trainer, folder: string, keep = 3): Promise<string> {
  return saveCheckpoint(folder, trainer.state, trainer.hostState(), { about: { why: "test" }, keep });
}

test("a checkpoint holds the whole state: weights, averages, optimizer, embedding, carry, position and chance", async () => {
  const folder = scratchFolder();
  const trainer = start();
  for (let i = 0; i < 3; i++) await trainer.next();
  const checkpoint = readCheckpoint(await save(trainer, folder));
  assert.equal(checkpoint.step, 3);
  assert.deepEqual(checkpoint.about, { why: "test" });
  assert.deepEqual(checkpoint.host, trainer.hostState());
  const parts = new Set(
    Object.keys(checkpoint.tensors()).map((name) => name.split(".").slice(0, 2).join(".")),
  );
  for (const part of ["params.weights", "params.puzzleEmbedding", "params.initialLatents", "optimizer.m"]) {
    assert.ok(parts.has(part), part);
  }
  for (const part of ["ema.qHead", "carry.latents", "carry.halted", "carry.batch", "carry.steps"]) {
    assert.ok(parts.has(part), part);
  }
  const before = tf.memory().numTensors;
  const state = checkpoint.state(trainer.model, tinyTraining.batchSize);
  flatten(state).forEach((tensor, i) => {
    assert.deepEqual(tensor.dataSync(), flatten(trainer.state)[i].dataSync());
  });
  disposeTree(state);
  assert.equal(tf.memory().numTensors, before);
  trainer.dispose();
});

test("the last K stay, half-written ones are swept away, and names sort by step", async () => {
  const folder = scratchFolder();
  const trainer = start();
  // The process with this number is long gone: Linux numbers end far below.
  mkdirSync(join(folder, ".step-00000001.999999999-1-0.tmp"));
  for (let i = 0; i < 4; i++) {
    await trainer.next();
    await save(trainer, folder, 2);
  }
  assert.deepEqual(readdirSync(folder).sort(), ["step-00000003", "step-00000004"]);
  mkdirSync(join(folder, "step-100000000"));
  assert.equal(latestCheckpoint(folder), join(folder, "step-100000000"));
  assert.deepEqual(listCheckpoints(join(folder, "nothing")), []);
  trainer.dispose();
});

test("a checkpoint of another model is refused by tensor, a damaged one by file", async () => {
  const folder = scratchFolder();
  const trainer = start();
  const path = await save(trainer, folder);
  trainer.dispose();
  const before = tf.memory().numTensors;
  const checkpoint = readCheckpoint(path);
  assert.throws(
    () => checkpoint.state(tinyModel({ hiddenSize: 64 }), 8),
    /state\.safetensors: the tensor "carry\.latents\.y" is float32 \[8,17,32\], but float32 \[8,17,64\] is needed/,
  );
  assert.throws(
    () => checkpoint.state(tinyModel({ puzzleEmbSize: 0, puzzleEmbLen: 0 }), 8),
    /needed|needs the tensor/,
  );
  assert.throws(
    () => checkpoint.state(tinyModel({ layers: 3 }), 8),
    /the tensor "ema\.networks\.z\.2\S+" is missing/,
  );
  assert.equal(tf.memory().numTensors, before);

  const damaged = (name: string, damage: (path: string) => void) => {
    const copy = join(folder, `${name}-damaged`);
    cpSync(path, copy, { recursive: true });
    damage(join(copy, name));
    return () => readCheckpoint(copy).state(tinyModel(), 8);
  };
  assert.throws(
    damaged("state.safetensors", (file) => truncateSync(file, 500)),
    /state\.safetensors: the header says/,
  );
  assert.throws(
    damaged("checkpoint.json", (file) =>
      writeFileSync(file, readFileSync(file, "utf8").replace('"step":0', '"step":-1')),
    ),
    /checkpoint\.json, field host\.step/,
  );
  assert.throws(
    damaged("checkpoint.json", (file) => truncateSync(file, 20)),
    /checkpoint\.json: this is not JSON/,
  );
  assert.throws(() => readCheckpoint(folder), /is not a checkpoint: it has no checkpoint\.json/);
});
