import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { needsPlugin } from "../../engine/test/pjrt";
import { scratchFolder } from "../../workbench/test/runs/support";
import { trm } from "./support";

// Compiling well takes longer than all else here.
process.env.XLA_FLAGS = "--xla_backend_optimization_level=0";

/** Everything so small that compiling is all that takes time. */
const line = [
  ...["accelerator", "sudoku-4x4", "--out", "out", "--batch-sizes", "2", "--steps", "1"],
  ...["--model.hiddenSize", "16", "--model.n", "1", "--model.T", "1", "--model.supervisionSteps", "2"],
  ...["--training.batchSize", "2", "--training.totalSteps", "4", "--evaluation.every", "2"],
  ...["--peer", join("nowhere", "python")],
];

describe("trm accelerator", needsPlugin, () => {
  const folder = scratchFolder();
  const read = (name: string) => readFileSync(join(folder, "out", name), "utf8");

  test("measures both mixers, and says why there is no PyTorch beside them", () => {
    const { code, stderr } = trm(folder, ...line, "--train-minutes", "0");
    assert.equal(code, 0, stderr);
    const { measurements, training } = JSON.parse(read("report.json"));
    assert.equal(training, undefined);
    for (const { batchSize, ours, peer } of measurements) {
      assert.equal(batchSize, 2);
      assert.ok(ours.stepsPerSecond > 0 && ours.flopsPerStep > 0 && Number.isFinite(ours.loss));
      assert.match(ours.environment.pjrt, /^0\.\d+$/);
      assert.match(peer.problem, /nowhere.python has no PyTorch/);
    }
    assert.match(read("report.md"), /\| mlp +\| +2 \|[\s\S]*\| attention \| +2 \|/);
    assert.match(read("report.md"), /PyTorch, mlp 2; PyTorch, attention 2: skipped/);
  });

  test("goes on where it stopped: what is measured is not measured again, and training follows", () => {
    const before = JSON.parse(read("report.json")).measurements;
    // As a call that was stopped in its second measurement would have left it.
    const cut = { ...JSON.parse(read("report.json")), measurements: before.slice(0, 1) };
    writeFileSync(join(folder, "out", "report.json"), JSON.stringify(cut));
    const { code, stdout, stderr } = trm(folder, ...line, "--json");
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /measuring mlp/);
    assert.match(stderr, /measuring attention, batch 2[\s\S]*training for/);
    const { done, measurements, training } = JSON.parse(stdout);
    assert.deepEqual(measurements[0], before[0]);
    assert.deepEqual([done, measurements.length, training.step], [true, 2, 4]);
    assert.deepEqual(
      training.evaluations.map(({ step }: { step: number }) => step),
      [2, 2, 4, 4],
    );
    const curve = JSON.parse(read("curve.json"));
    assert.deepEqual(curve.data[0].x, [2, 4]);
  });

  test("its run is one like any other, which the device evaluates", () => {
    const { code, stdout, stderr } = trm(folder, "eval", join("out", "run"), "--device", "pjrt", "--json");
    assert.equal(code, 0, stderr);
    assert.ok(JSON.parse(stdout).cells >= 0, stdout);
  });

  test("without time it begins nothing and says that something is left", () => {
    const { code, stdout } = trm(folder, ...line, "--out", "later", "--minutes", "0.1");
    assert.equal(code, 130);
    assert.match(stdout, /Not everything is done: the same command goes on/);
  });

  test("a folder with a report of another configuration is refused", () => {
    const { code, stderr } = trm(folder, ...line, "--model.n", "2");
    assert.equal(code, 1);
    assert.match(stderr, /report\.json is about another configuration; choose another --out/);
  });
});
