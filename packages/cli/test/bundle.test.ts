import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { findPlugin } from "../../engine/src/pjrt/plugins";
import { needsPlugin } from "../../engine/test/pjrt";

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

  test("measures a device there and trains on it, with the data that it carries", needsPlugin, async () => {
    const line = [
      ...["accelerator", "--batch-sizes", "2", "--steps", "1", "--json"],
      ...["--model.hiddenSize", "16", "--model.puzzleEmbSize", "16", "--model.n", "1", "--model.T", "1"],
      ...["--model.supervisionSteps", "2", "--training.totalSteps", "2", "--training.batchSize", "2"],
      ...["--evaluation.limit", "4"],
    ];
    const { stdout } = await run(process.execPath, [file, ...line], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        TRM_PJRT_PLUGIN: findPlugin(),
        XLA_FLAGS: "--xla_backend_optimization_level=0",
      },
    });
    const { done, config, measurements, training } = JSON.parse(stdout);
    assert.equal(done, true);
    assert.equal(config.data.kind, "csv");
    assert.deepEqual(
      measurements.map(({ mixer, ours }: { mixer: string; ours: { environment: { device: string } } }) => [
        mixer,
        typeof ours.environment.device,
      ]),
      [
        ["mlp", "string"],
        ["attention", "string"],
      ],
    );
    assert.equal(training.step, 2);
    assert.ok(existsSync(join(folder, "runs", "accelerator", "curve.json")));
  });
});
