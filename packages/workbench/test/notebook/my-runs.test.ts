import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { presetConfig } from "../../src/config";
import { experimentResult, experiments, storedPlan } from "../../src/experiments";
import { exportResult, myRuns, poolResults, predict, resultsFrame, showTable } from "../../src/notebook";
import { changesOf, noteRun } from "../../src/notebook/my-runs";
import { emptyStore } from "../experiments/support";

const run = {
  experiment: "HRM against TRM",
  variant: "two networks",
  task: "6x6 Sudoku",
  changes: "model.networks = 2",
  seed: 1,
  steps: 600,
  solved: 0.75,
  seconds: 90,
};

test("what was said before a run stands beside its result", (context) => {
  context.mock.method(console, "log", () => {});
  const { hrmAgainstTrm: experiment } = experiments;
  const result = experimentResult(experiment, "laptop", storedPlan(experiment, { budget: "laptop" }));
  assert.ok(!("you said %" in resultsFrame(result)[0]));
  predict("TRM", 85);
  const rows = resultsFrame(result);
  assert.equal(rows.find(({ variant }) => variant === "TRM")?.["you said %"], 85);
  assert.equal(rows.filter((row) => Number.isNaN(row["you said %"])).length, rows.length - 1);
  assert.throws(() => predict("TRM", 850), /a percentage from 0 to 100, got 850/);
});

test("runs stand one under the other, and a teacher pools them", (context) => {
  const printed: string[] = [];
  context.mock.method(console, "log", (line: string) => printed.push(line));
  const store = emptyStore();
  assert.deepEqual(myRuns(), []);
  showTable(myRuns());
  assert.deepEqual(printed, ["no rows"]);
  predict("two networks", 80);
  noteRun(run);
  noteRun({ ...run, seed: 2, solved: 0.7 });
  const rows = myRuns();
  assert.deepEqual(
    rows.map((row) => [
      row.variant,
      row.seed,
      row["solved %"],
      row["you said %"],
      row["minutes of training"],
    ]),
    [
      ["two networks", 1, 75, 80, 1.5],
      ["two networks", 2, 70, 80, 1.5],
    ],
  );

  printed.length = 0;
  exportResult("Ada");
  const [ada] = printed;
  assert.ok(!ada!.includes("\n"));
  emptyStore();
  noteRun({ ...run, solved: 0.65 });
  printed.length = 0;
  exportResult("Ben");
  const pooled = poolResults(`Dear teacher,\n${ada}\n> ${printed[0]}\n${ada}\n`);
  assert.deepEqual(
    pooled.map(({ variant, people, runs }) => [variant, people, runs]),
    [["two networks", 2, 3]],
  );
  assert.ok(Math.abs(Number(pooled[0]!["solved %"]) - 70) < 1e-9);
  assert.equal(pooled[0]!["lowest %"], 65);
  assert.throws(() => poolResults(`Hello\n${ada!.slice(0, 99)}`), /line 2 is cut or changed/);

  process.env.TRM_RUNS = store;
  const file = join(store, "my-runs.jsonl");
  writeFileSync(file, readFileSync(file, "utf8").slice(0, -9));
  assert.throws(() => myRuns(), /my-runs\.jsonl, line 2 is damaged/);
});

test("a run is described by what differs from the nearest task", () => {
  const { model, training, data } = presetConfig("sudoku-6x6");
  assert.equal(changesOf({ data, model, training: { ...training, seed: 9 } }), "");
  const sizes = { vocabSize: 8, seqLen: 36, numPuzzleIdentifiers: 1 };
  assert.equal(changesOf({ model: { ...model, ...sizes, n: 1 }, training }), "model.n = 1");
});
