import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { removeLeftovers, writeFileAtomic, writeFolderAtomic } from "../../src/files";
import { temporaryName } from "../../src/files/atomic";
import { temporaryFolder } from "./support";

test("a failing write leaves the old file and nothing else", () => {
  const folder = temporaryFolder();
  const path = join(folder, "state.json");
  writeFileAtomic(path, "old");
  function* failing() {
    yield "new";
    throw new Error("disk on fire");
  }
  assert.throws(() => writeFileAtomic(path, failing()), /disk on fire/);
  assert.equal(readFileSync(path, "utf8"), "old");
  assert.deepEqual(readdirSync(folder), ["state.json"]);
  writeFileAtomic(path, ["new ", new TextEncoder().encode("state")]);
  assert.equal(readFileSync(path, "utf8"), "new state");
});

test("a folder appears complete or not at all", () => {
  const parent = temporaryFolder();
  const path = join(parent, "step-1");
  assert.throws(() =>
    writeFolderAtomic(path, (folder) => {
      writeFileSync(join(folder, "half"), "");
      throw new Error("stop");
    }),
  );
  assert.deepEqual(readdirSync(parent), []);
  writeFolderAtomic(path, (folder) => writeFileSync(join(folder, "a"), "1"));
  assert.throws(() => writeFolderAtomic(path, () => {}), /step-1: this folder exists already/);
  writeFolderAtomic(path, (folder) => writeFileSync(join(folder, "b"), "2"), { replace: true });
  assert.deepEqual(readdirSync(path), ["b"]);
  assert.deepEqual(readdirSync(parent), ["step-1"]);
});

test("killed while writing, a file is still one of the versions that were written whole", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "file");
  const script = `
    const { writeFileAtomic } = require(${JSON.stringify(join(__dirname, "../../src/files/atomic.ts"))});
    for (let i = 0; ; i++) writeFileAtomic(${JSON.stringify(path)}, Array(40).fill(String(i % 10).repeat(10000)));`;
  for (let kill = 0; kill < 3; kill++) {
    const child = spawn(process.execPath, ["--conditions=source", "--import", "tsx", "-e", script], {
      stdio: "inherit",
    });
    while (!existsSync(path)) await sleep(10);
    await sleep(30 + 37 * kill);
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    const text = readFileSync(path, "utf8");
    assert.equal(text, text[0].repeat(400000));
  }
  removeLeftovers(folder);
  assert.deepEqual(readdirSync(folder), ["file"], "what the killed writers left is swept");
});

test("the sweep spares temporary files whose writers are alive, not one of an earlier process with our number", () => {
  const folder = temporaryFolder();
  const dead = spawnSync(process.execPath, ["-e", ""]).pid;
  const alive = [`.a.${process.ppid}-1-0.tmp`, basename(temporaryName(join(folder, "a")))].sort();
  for (const name of [...alive, `.a.${dead}-1-0.tmp`, `.a.${process.pid}-1-0.tmp`]) {
    writeFileSync(join(folder, name), "");
  }
  removeLeftovers(folder);
  assert.deepEqual(readdirSync(folder).sort(), alive);
});
