import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { prune } from "../src/disk-cache";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tfjs-compile-cache-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A sparse file: it counts as large and takes no room. */
function addFile(name: string, bytes: number, secondsOld: number): void {
  const path = join(folder, name);
  writeFileSync(path, "");
  truncateSync(path, bytes);
  utimesSync(path, 0, Date.now() / 1000 - secondsOld);
}

test("what was not used for longest goes first", () => {
  addFile("old", 4e8, 3);
  addFile("used", 4e8, 2);
  addFile("young", 4e8, 1);
  prune(folder, 1e9);
  assert.deepEqual(readdirSync(folder).sort(), ["used", "young"]);
});

test("what a killed process left goes after an hour; what is being written stays", () => {
  addFile("a.so.1.partial", 1e9, 2 * 60 * 60);
  addFile("b.so.2.partial", 1e9, 60);
  addFile("kept.so", 10, 2 * 60 * 60);
  prune(folder, 100);
  assert.deepEqual(readdirSync(folder).sort(), ["b.so.2.partial", "kept.so"]);
});

test("files that another process renames meanwhile do no harm", { timeout: 60_000 }, async () => {
  for (let i = 0; i < 50; i++) addFile(`program-${i}`, 10, 60);
  const other = spawn(
    process.execPath,
    [
      "--eval",
      `const { renameSync, writeFileSync } = require("node:fs");
     for (let i = 0; ; i++) {
       writeFileSync("new.partial", "");
       renameSync("new.partial", "new-" + (i % 3));
       if (i === 0) console.log("started");
     }`,
    ],
    { cwd: folder },
  );
  try {
    await new Promise((resolve) => other.stdout.once("data", resolve));
    for (let i = 0; i < 2000; i++) prune(folder, 1000);
  } finally {
    const ended = new Promise((resolve) => other.once("exit", resolve));
    other.kill("SIGKILL");
    await ended;
  }
  assert.ok(readdirSync(folder).length >= 50);
});
