import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as trm from "trm-workbench";
import { experimentResult, storedPlan } from "../../src/experiments";
import { projectFolder } from "../../src/files/paths";
import { answerOf } from "../../src/notebook/check";

const folder = join(projectFolder, "notebooks");

interface Cell {
  readonly cell_type: string;
  readonly source: readonly string[];
}

/** The variants that exercises print, with the experiment that the notebook calls `experiment` or `mazes`. */
function printedVariants(): { notebook: string; code: string; cells: string }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".ipynb"))
    .flatMap((notebook) => {
      const { cells } = JSON.parse(readFileSync(join(folder, notebook), "utf8")) as {
        cells: readonly Cell[];
      };
      const sources = (type: string) =>
        cells.filter(({ cell_type }) => cell_type === type).map(({ source }) => source.join(""));
      return [
        ...sources("markdown")
          .join("\n")
          .matchAll(/`[^`]*?(trm\.variants\([^`]*\))\s*;?`/g),
      ].map(([, code]) => ({
        notebook,
        code,
        cells: sources("code").join("\n"),
      }));
    });
}

/** The experiment that a notebook gives a name to. */
function named(cells: string, name: string): trm.Experiment | undefined {
  const [, key] = cells.match(new RegExp(`const ${name} = trm\\.experiments\\.(\\w+)`)) ?? [];
  return key === undefined ? undefined : trm.experiments[key as keyof typeof trm.experiments];
}

test("variants that exercises print can be planned as they stand there", () => {
  const printed = printedVariants();
  assert.ok(printed.length >= 9, `only ${printed.length} found`);
  for (const { notebook, code, cells } of printed) {
    const evaluate = new Function("trm", "experiment", "mazes", `return ${code}`);
    const mine = evaluate(trm, named(cells, "experiment"), named(cells, "mazes")) as trm.Experiment;
    assert.ok(trm.planExperiment(mine, { budget: "smoke", seeds: 1 }).length > 0, `${notebook}: ${code}`);
  }
});

test("changes of every variant leave its own changes alone", () => {
  const mine = trm.variants(trm.experiments.ema, {
    keep: ["EMA 0.9", "no EMA"],
    add: { "EMA 0.98": { training: { ema: 0.98 } } },
    all: { training: { learningRate: 1e-2 } },
  });
  const plan = trm.planExperiment(mine, { budget: "laptop", seeds: 1 });
  assert.deepEqual(
    plan.map(({ config: { training } }) => [training.ema, training.learningRate]),
    [
      [0.9, 1e-2],
      [0, 1e-2],
      [0.98, 1e-2],
    ],
  );
});

test("a variant that is there already, or not at all, is named", () => {
  const { ema } = trm.experiments;
  assert.throws(() => trm.variants(ema, { add: { "no EMA": {} } }), /two variants are called "no EMA"/);
  assert.throws(
    () => trm.variants(ema, { keep: ["no ema"] }),
    /has no variant "no ema"; did you mean no EMA/,
  );
});

test("all stored seeds are planned, and one where none is stored", () => {
  const added = trm.variants(trm.experiments.ema, { add: { "EMA 0.98": { training: { ema: 0.98 } } } });
  const plan = storedPlan(added, { budget: "laptop" });
  assert.deepEqual(
    plan.map(({ runs }) => runs.length),
    [3, 3, 3, 3, 1],
  );
  assert.equal(storedPlan(added, { budget: "laptop" }, { weights: true })[4].runs.length, 1);
});

test("an exercise is answered in one sentence from the result", () => {
  const resultOf = (experiment: trm.Experiment) =>
    experimentResult(experiment, "laptop", storedPlan(experiment, { budget: "laptop" }));
  const { hrmAgainstTrm } = trm.experiments;
  // The published run of notebook 3's variant with two networks.
  const mine = resultOf(trm.variants(hrmAgainstTrm, { add: { "two networks": { model: { networks: 2 } } } }));
  assert.equal(
    answerOf("2.1", mine),
    "**2.1:** “two networks” solves 74.3% (73.4 to 75.0), “TRM” 90.4% (86.7 to 92.2): 16.0 points less, " +
      "and no seed of the one reaches any of the other.",
  );
  assert.match(answerOf("2.1", resultOf(hrmAgainstTrm)), /no variant with two networks of two layers/);
  assert.match(
    answerOf("2.2", { ...mine, variants: mine.variants.slice(1) }),
    /no variant with recursion: "direct"/,
  );
  const alone = { ...mine, variants: mine.variants.slice(-1) };
  assert.match(answerOf("2.1", alone), /nothing to compare “two networks” with: run “TRM” too/);
  assert.throws(() => answerOf("2.9", mine), /exercise 2\.9 has no check.*there are checks of 2\.1, /);
});
