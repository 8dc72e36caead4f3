import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";

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

  test("starts the processes of a sweep, which it is itself", async () => {
    const line = [
      ...[
        "sweep",
        "sudoku-4x4",
        "--out",
        "s",
        "--device",
        "cpu",
        "--json",
        "--data.train",
        "8",
        "--data.test",
        "4",
      ],
      ...["--model.hiddenSize", "16", "--model.layers", "1", "--model.n", "1", "--model.T", "1"],
      ...["--model.supervisionSteps", "1", "--training.totalSteps", "1", "--training.batchSize", "2"],
    ];
    const { stdout } = await run(process.execPath, [file, ...line], { cwd: folder });
    const [{ runs }] = JSON.parse(stdout).variants;
    assert.equal(runs[0].step, 1);
  });
});
