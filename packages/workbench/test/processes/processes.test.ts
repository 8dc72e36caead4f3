import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startWorker } from "../../src/processes";
import { echoWorker } from "./echo-worker";

test("a worker answers in order, and numbers arrive as they are", async () => {
  const worker = startWorker(echoWorker);
  worker.send({ a: Number.NaN, b: undefined, c: Float32Array.of(1, 2) });
  worker.send(2);
  assert.deepEqual(await worker.next(), { a: Number.NaN, b: undefined, c: Float32Array.of(1, 2) });
  assert.equal(await worker.next(), 2);
  await worker.close();
  await assert.rejects(worker.next(), /its process ended with 0/);
});

test("an error in a worker is the error of what waits for it", async () => {
  const worker = startWorker(echoWorker);
  worker.send("fail");
  await assert.rejects(worker.next(), { message: "no such thing" });
  await worker.close();
});

test("a process that dies says how, with the end of what it wrote, unless somebody was told", async () => {
  const worker = startWorker(echoWorker);
  worker.send("crash");
  await assert.rejects(worker.next(), { message: "its process ended with SIGKILL: out of memory" });
  await worker.close();
  const lines: string[] = [];
  const told = startWorker(echoWorker, { onLine: (line) => lines.push(line) });
  told.send("crash");
  await assert.rejects(told.next(), { message: "its process ended with SIGKILL" });
  assert.deepEqual(lines, ["out of memory"]);
  await told.close();
});

test("a worker that is asked to stop does so, also when it was asked before it had begun", async () => {
  const worker = startWorker(echoWorker);
  worker.stop();
  worker.send("work");
  assert.equal(await worker.next(), "stopped");
  await worker.close();
});

test("a worker ends when its parent is killed", async () => {
  const parent = spawn(process.execPath, [...process.execArgv, join(__dirname, "parent.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [text] = await once(parent.stdout, "data");
  const pid = Number(String(text));
  assert.ok(isAlive(pid));
  parent.kill("SIGKILL");
  const deadline = Date.now() + 60_000;
  while (isAlive(pid) && Date.now() < deadline) await sleep(20);
  assert.equal(isAlive(pid), false);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
