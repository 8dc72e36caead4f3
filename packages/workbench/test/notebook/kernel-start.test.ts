import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { findPython } from "../../src/files";

test("the kernel answers every question of a client that asks while it starts", { timeout: 120_000 }, () => {
  const program = join(__dirname, "../../dist/notebook/kernel.js");
  const slowBinds = join(__dirname, "slow_binds.cjs");
  const child = spawnSync(
    findPython(),
    [join(__dirname, "ask_at_once.py"), "300", process.execPath, "--require", slowBinds, program],
    { encoding: "utf8" },
  );
  assert.doesNotMatch(child.stderr, /Error/);
  assert.deepEqual(JSON.parse(child.stdout), { shell: 300, control: 300, hb: 1 });
});
