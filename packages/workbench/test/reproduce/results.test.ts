import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { orderAgrees, type ReportedVariant } from "../../src/experiments";
import { notebookSettings, report } from "../../src/notebook";
import { readReport, resultsTable } from "../../src/reproduce/results";

const trm: ReportedVariant = {
  experiment: "HRM",
  variant: "TRM",
  task: "6x6",
  accuracies: [0.99, 0.95],
  paper: 0.874,
};
const hrm: ReportedVariant = {
  experiment: "HRM",
  variant: "HRM",
  task: "6x6",
  accuracies: [0.6],
  paper: 0.55,
};
const experts: ReportedVariant = { experiment: "HRM", variant: "experts", task: "6x6", accuracies: [0.1] };

describe("reports", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "trm-report-"));
    process.env.TRM_REPORT = join(folder, "report.jsonl");
  });
  afterEach(() => {
    delete process.env.TRM_REPORT;
    rmSync(folder, { recursive: true });
  });

  it("come back as they were given; a second report of a variant replaces the first", () => {
    report(trm, hrm);
    report({ ...hrm, accuracies: [0.7, 0.8] }, experts);
    assert.deepEqual(readReport(join(folder, "report.jsonl")), [
      trm,
      { ...hrm, accuracies: [0.7, 0.8] },
      experts,
    ]);
    assert.deepEqual(readReport(join(folder, "none.jsonl")), []);
  });

  it("refuse percentages", () => {
    assert.throws(
      () => report({ ...trm, paper: 87.4 }),
      /HRM, TRM: accuracies are fractions from 0 to 1, got 87\.4/,
    );
    assert.throws(() => report({ ...trm, accuracies: [Number.NaN] }), RangeError);
  });
});

describe("the table of results", () => {
  it("has ours over seeds, the paper's number and whether the order agrees", () => {
    const lines = resultsTable([trm, hrm, experts]).split("\n");
    assert.match(lines[3], /│ HRM +│ TRM +│ 6x6 +│ 97\.0 \(95\.0 to 99\.0\) │ +2 │ +87\.4 │ agrees │/);
    assert.match(lines[4], /│ HRM +│ HRM +│ 6x6 +│ +60\.0 │ +1 │ +55\.0 │ agrees │/);
    assert.match(lines[5], /│ experts +│ 6x6 +│ +10\.0 │ +1 │ +│ +│/);
  });

  it("names the variant that stands on the other side", () => {
    const weak = { ...trm, accuracies: [0.5] };
    assert.equal(orderAgrees(weak, [weak, hrm]), "differs from HRM");
    assert.equal(orderAgrees(hrm, [weak, hrm]), "differs from TRM");
  });

  it("compares only within one experiment and task", () => {
    const weak = { ...trm, accuracies: [0.5], task: "9x9" };
    assert.equal(orderAgrees(weak, [weak, hrm]), "");
  });
});

describe("notebookSettings", () => {
  it("is the laptop budget with one seed unless told otherwise", () => {
    const since = performance.timeOrigin;
    assert.deepEqual(notebookSettings({}), { budget: "laptop", seeds: undefined, fresh: false, since });
    const env = { TRM_BUDGET: "smoke", TRM_SEEDS: "3", TRM_RUNS_FRESH: "1" };
    assert.deepEqual(notebookSettings(env), { budget: "smoke", seeds: 3, fresh: true, since });
  });

  it("takes the moment since which runs are fresh", () => {
    const { fresh, since } = notebookSettings({ TRM_RUNS_FRESH: "2026-11-23T10:00:00.000Z" });
    assert.deepEqual([fresh, since], [true, Date.UTC(2026, 10, 23, 10)]);
  });

  it("names the variable that is wrong", () => {
    assert.throws(() => notebookSettings({ TRM_BUDGET: "huge" }), /TRM_BUDGET is wrong/);
    assert.throws(() => notebookSettings({ TRM_SEEDS: "0" }), /TRM_SEEDS is wrong/);
    assert.throws(() => notebookSettings({ TRM_RUNS_FRESH: "yes" }), /TRM_RUNS_FRESH is wrong/);
  });
});
