import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startEngine } from "tfjs-compile";
import { createRandom } from "trm/random";
import { latestCheckpoint, readCheckpoint } from "../../src/checkpoints";
import { runTraining } from "../../src/runs";
import { scratchFolder, tinyRun } from "./support";

const KILLS = 20;

const config = tinyRun({
  training: { totalSteps: 160 },
  evaluation: { every: 25 },
  checkpoints: { every: 1, keep: 2 },
});

test(`killed at ${KILLS} random moments and resumed, a run ends like one that never stopped, bit for bit`, async () => {
  const folder = scratchFolder();
  const killed = join(folder, "killed");
  const random = createRandom(1).fork("kills");
  const start = (): ChildProcess =>
    fork(join(__dirname, "kill-child.ts"), [killed, JSON.stringify(config)], {
      execArgv: ["--conditions=source", "--import", "tsx"],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });

  let next = start();
  const stoppedAt: number[] = [];
  for (let kill = 0; kill <= KILLS; kill++) {
    const child = next;
    const ended = new AbortController();
    child.once("exit", () => ended.abort());
    const { signal } = ended;
    await once(child, "message", { signal });
    if (kill < KILLS) next = start();
    const messages: unknown[] = [];
    child.on("message", (message) => messages.push(message));
    child.send("go");
    if (kill === KILLS) {
      const [code] = await once(child, "exit");
      assert.equal(code, 0);
      assert.equal(messages.at(-1), "done");
      break;
    }
    // Some are killed before their first step, most in later steps, and many while a checkpoint is written.
    const steps = random.float() < 0.8 ? random.int(1, 9) : 0;
    while (messages.length < steps) await once(child, "message", { signal });
    await sleep(random.int(0, 50));
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    assert.ok(!messages.includes("done"), "the run ended before it had been killed often enough");
    stoppedAt.push((messages.at(-1) as number | undefined) ?? 0);
  }
  assert.ok(Math.max(...stoppedAt) > 10, `the kills came too early to tell anything: ${stoppedAt}`);

  await startEngine();
  const whole = join(folder, "whole");
  await runTraining(config, { folder: whole });
  const [a, b] = [killed, whole].map((run) => readCheckpoint(latestCheckpoint(join(run, "checkpoints"))!));
  assert.equal(a.step, 160);
  assert.deepEqual(a.host, b.host);
  assert.deepEqual(a.tensors(), b.tensors());
  for (const table of ["steps.csv", "evaluations.csv"]) {
    assert.deepEqual(withoutSeconds(join(killed, table)), withoutSeconds(join(whole, table)));
  }
});

/** The rows of a table without the column that no two runs share. */
function withoutSeconds(path: string): string[] {
  return readFileSync(path, "utf8")
    .replace(/^([^,]*),[^,]*/gm, "$1")
    .split("\n");
}
