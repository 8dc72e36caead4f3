import assert from "node:assert/strict";
import { test } from "node:test";
import { experimentResult, experiments, lastEvaluation, planExperiment } from "../../src/experiments";
import { budgetsFrame, storedCurves } from "../../src/notebook";
import { mean } from "../../src/text";

test("the published runs of two budgets stand side by side, each with its own seeds and verdict", () => {
  const experiment = experiments.hrmAgainstTrm;
  const rows = budgetsFrame(experiment);
  assert.deepEqual(
    rows.map(({ variant }) => variant),
    experiment.variants.map(({ name }) => name),
  );
  for (const budget of ["laptop", "desktop"] as const) {
    const plan = planExperiment(experiment, { budget, seeds: 3, variants: ["TRM"] });
    const [{ runs }] = experimentResult(experiment, budget, plan).variants;
    const solved = mean(runs.map((run) => 100 * lastEvaluation(run).solved));
    assert.equal(runs.length, 3);
    assert.match(
      String(rows[0][`${experiment.tasks[budget].name}, solved`]),
      new RegExp(`^${solved.toFixed(1)}% \\(`),
    );
  }
  assert.match(String(rows[0]["6x6 Sudoku, verdict"]), /undecided: one-step gradient/);
  assert.equal(rows[0]["paper %"], 100 * 0.874);
});

test("a budget without runs has no column, and two budgets that share a task have one", () => {
  const columns = Object.keys(budgetsFrame(experiments.recipes)[0]);
  assert.deepEqual(columns, ["variant", "6x6 Sudoku, solved", "6x6 Sudoku, verdict", "paper %"]);
});

test("the curves of one amount of training are those of the published runs, one for each variant that has any", () => {
  const { data } = storedCurves(experiments.supervisionSteps, "desktop");
  const names = new Set(data.flatMap(({ name }) => name ?? [])); // bands have none
  const rows = budgetsFrame(experiments.supervisionSteps);
  const trained = rows.filter((row) => !String(row["9x9 Sudoku, solved"]).startsWith("not trained"));
  assert.deepEqual(names, new Set(trained.map(({ variant }) => variant)));
  assert.deepEqual(storedCurves(experiments.recipes, "full").data, []);
});
