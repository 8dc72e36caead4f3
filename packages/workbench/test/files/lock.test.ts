import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { LockedError, lockOwner, takeLock } from "../../src/files";
import { temporaryFolder } from "./support";

test("a lock is held by one at a time, and free after its release", () => {
  const path = join(temporaryFolder(), "new", "run.lock");
  const release = takeLock(path, "the run is being trained");
  assert.throws(() => takeLock(path, "the run is being trained"), {
    message: `the run is being trained by process ${process.pid} on ${hostname()} already; if that is wrong, delete ${path}`,
  });
  release();
  assert.equal(existsSync(path), false);
  const again = takeLock(path, "busy");
  release();
  assert.ok(existsSync(path), "a release that comes twice does not take another's lock away");
  again();
});

test("the lock of a process that has ended is taken over, one of another machine is not", () => {
  const path = join(temporaryFolder(), "run.lock");
  const dead = spawnSync(process.execPath, ["-e", ""]).pid;
  // The second: as in a container, where a new process has the number of the old one.
  for (const stale of [dead, process.pid]) {
    writeFileSync(path, `${stale} ${hostname()}\n`);
    const release = takeLock(path, "busy");
    assert.equal(readFileSync(path, "utf8"), `${process.pid} ${hostname()}\n`);
    release();
  }
  for (const [text, owner] of [
    [`${dead} elsewhere\n`, `process ${dead} on elsewhere`],
    ["", "another process"],
  ]) {
    writeFileSync(path, text);
    assert.throws(() => takeLock(path, "it is busy"), new RegExp(`^Error: it is busy by ${owner} already`));
    assert.equal(readFileSync(path, "utf8"), text);
  }
});

test("the lock of a job that has ended is taken over on every machine, one of a job that runs is not", () => {
  const path = join(temporaryFolder(), "run.lock");
  const ended: Record<string, boolean | undefined> = { "1_0:0": true, "1_1:0": false };
  const scheduler = { job: () => "2_0:0", hasEnded: (job: string) => ended[job] };
  for (const job of ["1_1:0", "unknown"]) {
    writeFileSync(path, `${process.pid} elsewhere ${job}\n`);
    assert.throws(() => takeLock(path, "it is busy", scheduler), LockedError);
    assert.equal(lockOwner(path, scheduler), `process ${process.pid} on elsewhere`);
  }
  // The second: the number of its process belongs to another one meanwhile.
  for (const host of ["elsewhere", hostname()]) {
    writeFileSync(path, `${process.ppid} ${host} 1_0:0\n`);
    assert.equal(lockOwner(path, scheduler), undefined);
    const release = takeLock(path, "it is busy", scheduler);
    assert.equal(readFileSync(path, "utf8"), `${process.pid} ${hostname()} 2_0:0\n`);
    release();
  }
});

test("a lock has its owner from the first moment on", async () => {
  const path = join(temporaryFolder(), "run.lock");
  const script = `
    const { takeLock } = require(${JSON.stringify(join(__dirname, "../../src/files/lock.ts"))});
    for (;;) takeLock(${JSON.stringify(path)}, "busy")();`;
  const child = spawn(process.execPath, ["--conditions=source", "--import", "tsx", "-e", script], {
    stdio: "inherit",
  });
  const texts = new Set<string>();
  for (let reads = 0; reads < 2000; ) {
    assert.equal(child.exitCode, null);
    if (!existsSync(path)) await setImmediate();
    try {
      texts.add(readFileSync(path, "utf8"));
      reads++;
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, "ENOENT");
    }
  }
  child.kill("SIGKILL");
  assert.deepEqual([...texts], [`${child.pid} ${hostname()}\n`]);
});

test("an empty lock holds while it may still be written, and is stale later", () => {
  const path = join(temporaryFolder(), "run.lock");
  writeFileSync(path, "");
  assert.throws(() => takeLock(path, "it is busy"), /it is busy by another process already/);
  const aMinuteAgo = new Date(Date.now() - 60_000);
  utimesSync(path, aMinuteAgo, aMinuteAgo);
  takeLock(path, "it is busy")();
  assert.equal(existsSync(path), false);
});
