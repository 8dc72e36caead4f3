import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { needsPlugin } from "../../../engine/test/pjrt";
import { checkpointFolder, readCheckpoint } from "../../src/checkpoints";
import { parseRunConfig } from "../../src/config";
import { engineOptionsFor, readEvaluations, readSteps } from "../../src/runs";
import { scratchFolder, tinyRun } from "./support";

// Compiling is all that takes time here.
process.env.XLA_FLAGS = "--xla_backend_optimization_level=0";

/** No recursion amplifies rounding; see docs/devices.md. */
const config = (devices: number) =>
  tinyRun({
    model: { T: 1, supervisionSteps: 2 },
    training: { devices, learningRate: 1e-4 },
    checkpoints: { every: 10, keep: 2 },
  });

interface Told {
  readonly left: number;
  readonly devices: number;
  /** Handles, tensors and bytes after each 50 steps. */
  readonly held?: readonly number[][];
}

function trainOn(devices: number, ...folders: readonly string[]): Promise<Told> {
  const args = [JSON.stringify(config(devices)), ...folders];
  const child = fork(join(__dirname, "devices-child.ts"), args, {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  return new Promise((resolve, reject) => {
    child.once("message", (told) => resolve(told as Told));
    child.once("exit", (code) => reject(new Error(`the process ended with ${code}`)));
  });
}

const weightsAfter = (folder: string, step: number) =>
  readCheckpoint(checkpointFolder(join(folder, "checkpoints"), step)).tensors();

function assertAlike(folder: string, one: string) {
  const [steps, alone] = [readSteps(folder), readSteps(one)];
  assert.deepEqual(steps.step, alone.step);
  steps.loss.forEach((loss, i) => {
    assert.ok(Math.abs(loss - alone.loss[i]!) < 1e-5, `step ${i + 1}: loss ${loss}, alone ${alone.loss[i]}`);
  });
  assert.deepEqual(steps.halted, alone.halted);
  const metrics = (run: string) => readEvaluations(run).map(({ seconds: _, ...numbers }) => numbers);
  assert.deepEqual(metrics(folder), metrics(one));
  const expected = weightsAfter(one, 20);
  for (const [name, { data }] of Object.entries(weightsAfter(folder, 20))) {
    const other = expected[name]!.data as Float32Array;
    (data as Float32Array).forEach((value, i) => {
      assert.ok(Math.abs(value - other[i]!) < 1e-5, `${name}[${i}]: ${value}, alone ${other[i]}`);
    });
  }
}

describe("a run on several devices", needsPlugin, () => {
  const folder = scratchFolder();
  const run = (name: string) => join(folder, name);

  test("goes as on one, leaves nothing behind, and goes on with a run of another number of devices", async () => {
    await trainOn(1, run("1"));
    const before: Record<number, number> = { 2: 1, 4: 2, 8: 4 };
    for (const devices of [2, 4, 8]) {
      const resumed = run(`${before[devices]} to ${devices}`);
      cpSync(run(String(before[devices])), resumed, {
        recursive: true,
        filter: (path) => !path.includes("step-00000020"),
      });
      const told = await trainOn(devices, run(String(devices)), resumed);
      assert.equal(told.devices, devices);
      assert.equal(told.left, 0);
      for (const held of told.held ?? []) assert.deepEqual(held, told.held![0], `${devices} devices`);
      if (devices <= 4) assert.equal(told.held?.length, 4);
      assertAlike(run(String(devices)), run("1"));
      assertAlike(resumed, run("1"));
    }
  });
});

test("a batch that devices cannot share equally is refused with the nearest that they can", () => {
  const shared = (batchSize: number, devices: number) =>
    parseRunConfig({ ...config(1), training: { ...config(1).training, batchSize, devices } }).training
      .devices;
  assert.equal(shared(768, 8), 8);
  assert.throws(
    () => shared(770, 4),
    /training\.batchSize is 770, which 4 devices .*the nearest that they can is 768/,
  );
  assert.throws(() => shared(2, 8), /the nearest that they can is 8$/);
});

test("only PJRT computes on several devices", () => {
  assert.deepEqual(engineOptionsFor(2, { backend: "auto" }), { backend: "pjrt", pjrt: { devices: 2 } });
  assert.throws(
    () => engineOptionsFor(2, { backend: "wasm" }),
    /training\.devices is 2, but wasm computes on one/,
  );
});
