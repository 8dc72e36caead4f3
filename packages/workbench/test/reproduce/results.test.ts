import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import {
  clearDifference,
  experimentVerdict,
  pairVerdict,
  type ReportedVariant,
  variantVerdict,
} from "../../src/experiments";
import { notebookSettings, report, verdictsFrame } from "../../src/notebook";
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

const seeds = (variant: string, paper: number, ...accuracies: number[]): ReportedVariant => ({
  ...{ experiment: "E", variant, task: "6x6", accuracies, paper },
});

describe("verdicts", () => {
  const good = seeds("good", 0.874, 0.9, 0.92, 0.94);
  const poor = seeds("poor", 0.55, 0.6, 0.62, 0.58);

  it("compare the difference of the means with its standard error over seeds", () => {
    assert.equal(pairVerdict(good, poor), "agrees");
    assert.equal(pairVerdict({ ...good, paper: 0.5 }, poor), "differs");
    // Standard error sqrt((0.02^2 + 0.02^2) / 3) = 0.0163: a difference of 0.048 is too small, one of 0.05 is not.
    const at = (middle: number) => seeds("b", 0.8, middle - 0.02, middle, middle + 0.02);
    assert.equal(pairVerdict(good, at(0.872)), "undecided");
    assert.equal(pairVerdict(good, at(0.87)), "agrees");
  });

  it("are undecided with fewer than three seeds", () => {
    assert.equal(pairVerdict(good, seeds("b", 0.3, 0.1, 0.1)), "undecided");
  });

  it("are undecided before a variant has begun to learn, unless the paper's has not either", () => {
    const still = [0, 0.01, 0];
    assert.equal(pairVerdict(good, seeds("attention", 0.747, ...still)), "undecided");
    assert.equal(pairVerdict(good, seeds("direct prediction", 0, ...still)), "agrees");
  });

  it("are given on any statement by the same rule", () => {
    const rows = verdictsFrame([
      { of: "a", statement: "more", values: [0.82, 0.8, 0.84], others: [0.72, 0.7, 0.74] },
      { of: "a", statement: "less", values: [-2, -2.1, -1.9] },
      { of: "a", statement: "about as much", values: [3, -2, 1] },
      { of: "a", statement: "one value", values: [3] },
      { of: "a", statement: "always the same", values: [1, 1] },
      { of: "a", statement: "nothing measured", values: [] },
    ]);
    const verdicts = rows.map(({ verdict }) => verdict);
    assert.deepEqual(verdicts, ["yes", "no", "undecided", "undecided", "yes", "undecided"]);
    const { difference, error } = clearDifference([1, 3], [0, 2]);
    assert.deepEqual([difference, error], [1, Math.sqrt(2)]);
  });

  it("need two different numbers of the paper", () => {
    assert.equal(pairVerdict(good, { ...poor, paper: 0.874 }), undefined);
    assert.equal(variantVerdict(experts, [trm, experts]), "");
  });

  it("name the variants behind each word", () => {
    const turned = seeds("turned", 0.9, 0.3, 0.31, 0.32);
    const close = seeds("close", 0.5, 0.89, 0.92, 0.95);
    const rows = [good, poor, turned, close];
    assert.equal(variantVerdict(good, rows), "differs: turned; undecided: close; agrees: 1 of 3");
    assert.equal(variantVerdict(poor, [good, poor]), "agrees");
    assert.equal(variantVerdict(turned, [good, turned]), "differs");
    assert.equal(
      experimentVerdict([good, poor, close]),
      "differs: poor / close; undecided: good / close; agrees: 1 of 3",
    );
    assert.equal(variantVerdict({ ...good, task: "9x9" }, rows), "");
  });
});

describe("the table of results", () => {
  it("has ours over seeds, the paper's number and the verdict", () => {
    const lines = resultsTable([trm, hrm, experts]).split("\n");
    assert.match(lines[3], /│ HRM +│ TRM +│ 6x6 +│ 97\.0 \(95\.0 to 99\.0\) │ +2 │ +87\.4 │ undecided │/);
    assert.match(lines[4], /│ HRM +│ HRM +│ 6x6 +│ +60\.0 │ +1 │ +55\.0 │ undecided │/);
    assert.match(lines[5], /│ experts +│ 6x6 +│ +10\.0 │ +1 │ +│ +│/);
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
