import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openEventFile } from "../../src/files";
import { openMetrics, openTable } from "../../src/runs";
import { scratchFolder } from "./support";

for (const format of ["csv", "jsonl"] as const) {
  test(`${format}: a resumed run drops later rows and a half-written one, and goes on`, () => {
    const path = join(scratchFolder(), "steps");
    const table = openTable(path, ["step", "loss"], format, 0);
    for (let step = 1; step <= 12; step++) table.append({ step, loss: step / 8 });
    appendFileSync(table.path, format === "csv" ? "1" : '{"step":1');
    const resumed = openTable(path, ["step", "loss"], format, 9);
    resumed.append({ step: 10, loss: Number.NaN });
    const lines = readFileSync(resumed.path, "utf8").split("\n");
    assert.deepEqual(
      lines.slice(-4),
      format === "csv"
        ? ["8,1", "9,1.125", "10,", ""]
        : ['{"step":8,"loss":1}', '{"step":9,"loss":1.125}', '{"step":10,"loss":null}', ""],
    );
    assert.equal(lines.length, format === "csv" ? 12 : 11);
  });
}

test("a table with other columns is not touched", () => {
  const path = join(scratchFolder(), "steps");
  writeFileSync(`${path}.csv`, "time,what\n1,2\n");
  assert.throws(
    () => openTable(path, ["step", "loss"], "csv", 0),
    /steps\.csv: its first line is not "step,loss"/,
  );
  assert.equal(readFileSync(`${path}.csv`, "utf8"), "time,what\n1,2\n");
});

test("steps are thinned out, evaluations are not", () => {
  const folder = scratchFolder();
  const metrics = openMetrics(folder, { format: "csv", every: 5, tensorboard: false }, 0);
  const report = { learningRate: 1e-3, loss: 2, halted: 0, supervisionSteps: Number.NaN };
  const shares = { solved: Number.NaN, cells: Number.NaN, halting: Number.NaN };
  for (let step = 1; step <= 12; step++) metrics.step({ step, ...report, ...shares }, step / 10);
  metrics.evaluation(
    { step: 7, weights: "ema", count: 4, bySteps: [], solved: 0.5, cells: 0.75, halting: 1 },
    3,
  );
  metrics.close();
  assert.equal(
    readFileSync(join(folder, "steps.csv"), "utf8"),
    "step,seconds,learningRate,loss,halted,puzzles,cells,halting,supervisionSteps\n5,0.5,0.001,2,0,,,,\n10,1,0.001,2,0,,,,\n",
  );
  assert.match(readFileSync(join(folder, "evaluations.csv"), "utf8"), /\n7,3,ema,4,0\.5,0\.75,1\n$/);
  assert.equal(existsSync(join(folder, "tensorboard")), false);
});

test("TensorFlow reads the event files, checksums and all", (t) => {
  const folder = scratchFolder();
  const file = openEventFile(folder, 1);
  // 300 needs two bytes as a varint, the last one more than 32 bits.
  for (const step of [1, 300, 2 ** 33])
    file.scalars(step, { "train/loss": step / 4, "train/cells": Number.NaN });
  file.scalars(5, { nothing: Number.NaN });
  file.close();
  const python = process.env.TRM_PYTHON ?? join(__dirname, "../../../../.venv/bin/python");
  const program = `
import sys, json
import tensorflow as tf
out = []
for event in tf.compat.v1.train.summary_iterator(sys.argv[1]):
    out.append([event.file_version, event.step, event.session_log.status, [[v.tag, v.simple_value] for v in event.summary.value], event.wall_time > 1e9])
print(json.dumps(out))`;
  const { status, stdout, stderr } = spawnSync(python, ["-c", program, file.path], { encoding: "utf8" });
  if (status === null || /No module named/.test(stderr)) return t.skip("needs a Python with TensorFlow");
  assert.equal(status, 0, stderr);
  assert.deepEqual(JSON.parse(stdout.trim().split("\n").at(-1)!), [
    ["brain.Event:2", 0, 0, [], true],
    ["", 1, 1, [], true],
    ["", 1, 0, [["train/loss", 0.25]], true],
    ["", 300, 0, [["train/loss", 75]], true],
    ["", 2 ** 33, 0, [["train/loss", 2 ** 31]], true],
  ]);
});
