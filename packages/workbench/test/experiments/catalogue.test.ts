import assert from "node:assert/strict";
import { test } from "node:test";
import { effectiveDepth, passesPerStep } from "trm/model";
import { budgets, catalogue, experiments, planExperiment } from "../../src/experiments";

test("every experiment can be planned with every budget", () => {
  for (const experiment of catalogue) {
    for (const budget of budgets) {
      // Sudoku-Extreme is a folder, of which no hundred puzzles can be asked for.
      if (experiment === experiments.emaOnSmallData && budget === "full") continue;
      const plan = planExperiment(experiment, { budget, seeds: 3 });
      // With the other budgets two variants may share a run.
      if (budget !== "desktop") continue;
      const hashes = plan.flatMap(({ runs }) => runs.map(({ hash }) => hash));
      assert.equal(new Set(hashes).size, hashes.length, `${experiment.name}: two variants are one run`);
    }
  }
});

test("plain networks train with the compute of TRM, at its depth or with its layers", () => {
  for (const budget of ["laptop", "desktop", "full"] as const) {
    const [trm, deep, small] = planExperiment(experiments.plainTransformer, { budget, seeds: 1 }).map(
      ({ config: { model, training, data } }) => {
        const { withGradient, withoutGradient } = passesPerStep(model);
        // A backward pass costs two forward passes.
        const compute = model.layers * (3 * withGradient + withoutGradient);
        const length = data.kind === "folder" ? (data.epochs ?? 0) : training.totalSteps;
        return { compute: compute * length, depth: effectiveDepth(model), layers: model.layers };
      },
    );
    for (const plain of [deep, small]) {
      assert.ok(
        Math.abs(plain.compute / trm.compute - 1) < 0.01,
        `${budget}: ${plain.compute}, ${trm.compute}`,
      );
    }
    assert.deepEqual([deep.depth, small.layers], [trm.depth, trm.layers]);
  }
});
