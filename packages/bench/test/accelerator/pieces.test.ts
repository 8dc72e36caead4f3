import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createRandom } from "trm/random";
import { latestCheckpoint, readCheckpoint, writeCheckpoint } from "trm-workbench/checkpoints";
import type { StoredTensor } from "trm-workbench/files";
import { scratchFolder } from "../../../workbench/test/runs/support";
import { joinPieces, writePieces } from "../../src/accelerator/pieces";

const random = createRandom(1);
const noise = (size: number): StoredTensor => ({
  dtype: "float32",
  shape: [size],
  data: Float32Array.from({ length: size }, () => random.normal()),
});
const state = random.save();
const host = {
  step: 7,
  sampler: { iteration: 1, dataset: 0, position: 3, orderRandom: state, random: state },
  exploration: state,
};
const tensors: Record<string, StoredTensor> = {
  "params.weights.w": noise(1000),
  "optimizer.m.w": noise(1000),
  "optimizer.v.w": noise(1000),
  "ema.w": noise(1000),
  "carry.latents.z": noise(4000),
  "carry.halted": { dtype: "bool", shape: [4], data: Uint8Array.of(0, 1, 0, 1) },
};

function storedRun(): { run: string; out: string } {
  const folder = scratchFolder();
  const [run, out] = [join(folder, "run"), join(folder, "out")];
  mkdirSync(out);
  writeCheckpoint(join(run, "checkpoints"), tensors, host, { about: { anything: 1 }, keep: 1 });
  writeFileSync(join(run, "steps.csv"), "step,loss\n7,0.5\n");
  return { run, out };
}

function joined(out: string) {
  const run = join(out, "again");
  assert.equal(joinPieces(out, run), true);
  const checkpoint = readCheckpoint(latestCheckpoint(join(run, "checkpoints"))!);
  return { run, checkpoint, found: checkpoint.tensors() };
}

test("a run comes back from its pieces: weights, average and moments bit for bit, the carry empty", () => {
  const { run, out } = storedRun();
  const note = writePieces(run, out, { piece: 4000, all: 1e6 });
  assert.match(note!, /^Checkpoint of step 7 in \d pieces, .*moments in float32, without the carry/);
  assert.ok(readdirSync(out).every((name) => statSync(join(out, name)).size <= 4000));
  const { run: again, checkpoint, found } = joined(out);
  assert.deepEqual([checkpoint.step, checkpoint.host, checkpoint.about], [7, host, { anything: 1 }]);
  for (const name of ["params.weights.w", "optimizer.m.w", "optimizer.v.w", "ema.w"]) {
    assert.deepEqual(found[name], tensors[name], name);
  }
  assert.deepEqual(found["carry.halted"].data, Uint8Array.of(1, 1, 1, 1));
  assert.ok((found["carry.latents.z"].data as Float32Array).every((value) => value === 0));
  assert.equal(readFileSync(join(again, "steps.csv"), "utf8"), "step,loss\n7,0.5\n");
  assert.equal(joinPieces(out, again), false, "a run that has a checkpoint is left alone");
});

test("moments are rounded where float32 does not fit, and only they", () => {
  const { run, out } = storedRun();
  writePieces(run, out, { piece: 100, all: 1e6 });
  const note = writePieces(run, out, { piece: 4000, all: 13_500 });
  assert.match(note!, /moments in bfloat16/);
  const { found } = joined(out);
  assert.deepEqual(found["ema.w"], tensors["ema.w"]);
  const [short, long] = [found["optimizer.m.w"].data, tensors["optimizer.m.w"].data as Float32Array];
  assert.notDeepEqual(short, long);
  long.forEach((value, i) => {
    assert.ok(Math.abs(value - Number(short[i])) <= Math.abs(value) / 256);
  });
  assert.throws(
    () => writePieces(run, out, { piece: 4000, all: 5000 }),
    /step 7 takes \d+ bytes in pieces; 5000 are allowed/,
  );
});

test("pieces that are missing or damaged are named", () => {
  const { run, out } = storedRun();
  assert.equal(writePieces(join(out, "nothing"), out), undefined);
  assert.equal(joinPieces(out, join(out, "again")), false);
  writePieces(run, out, { piece: 6000, all: 1e6 });
  const [first, second] = readdirSync(out).sort();
  const bytes = readFileSync(join(out, second));
  rmSync(join(out, second));
  assert.throws(() => joinPieces(out, join(out, "again")), new RegExp(`${second} is missing: copy all`));
  writeFileSync(join(out, second), bytes.fill(0));
  assert.throws(() => joinPieces(out, join(out, "again")), /the pieces in .*out are damaged/);
  assert.ok(first.startsWith("checkpoint-1-of-"));
});
