import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { findPlugin } from "../../src/engine/pjrt/plugins";
import { needsPlugin } from "./pjrt";

const run = promisify(execFile);

describe("the command line as one file", () => {
  const folder = mkdtempSync(join(tmpdir(), "trm-bundle-"));
  const file = join(folder, "trm.cjs");
  before(() => run(process.execPath, [join(__dirname, "..", "..", "..", "scripts", "bundle.mjs"), file]));
  after(() => rmSync(folder, { recursive: true }));

  test("runs in an empty folder", async () => {
    const { stdout } = await run(process.execPath, [file, "train", "--help"], { cwd: folder });
    assert.match(stdout, /--device <device>/);
  });

  test("trains on a device there", needsPlugin, async () => {
    const { stdout } = await run(
      process.execPath,
      [
        file,
        "train",
        "sudoku-4x4",
        "--device",
        "pjrt",
        "--training.totalSteps",
        "2",
        "--model.n",
        "1",
        "--json",
      ],
      {
        cwd: folder,
        env: {
          PATH: process.env.PATH,
          HOME: folder,
          TRM_PJRT_PLUGIN: findPlugin(),
          XLA_FLAGS: "--xla_backend_optimization_level=0",
        },
      },
    );
    const { engine, step } = JSON.parse(stdout);
    assert.deepEqual({ engine, step }, { engine: "pjrt", step: 2 });
  });
});
