import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { presetConfig } from "trm-workbench/config";
import { experimentResult, experiments, planExperiment, reportedVariants } from "trm-workbench/experiments";
import { findings } from "trm-workbench/notebook";
import { mean } from "trm-workbench/text";
import { type Cell, unsupportedNumbers } from "./notebook-numbers";

const root = join(__dirname, "../..");
const folder = join(root, "notebooks");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const cellsOf = (name: string): Cell[] => JSON.parse(read(`notebooks/${name}`)).cells;

for (const name of readdirSync(folder).filter((name) => name.endsWith(".ipynb"))) {
  test(`${name}: every number in its text is shown in the notebook, or is the paper's`, () => {
    assert.deepEqual(unsupportedNumbers(cellsOf(name)), []);
  });
}

test("the sentences of findings are those of the published runs", () => {
  // A notebook shows all variants of an experiment, or those that the paper has.
  const computed = Object.values(experiments).flatMap((experiment) => {
    const ofPaper = experiment.variants.filter(({ paper }) => paper !== undefined).map(({ name }) => name);
    return [undefined, ofPaper].map((variants) => {
      const plan = planExperiment(experiment, { budget: "laptop", seeds: 3, ...(variants && { variants }) });
      return findings(experimentResult(experiment, "laptop", plan));
    });
  });
  const committed = readdirSync(folder)
    .filter((name) => name.endsWith(".ipynb"))
    .flatMap((name) => cellsOf(name))
    .filter(({ source }) => source.join("").includes("trm.showFindings("))
    .flatMap(({ outputs = [] }) =>
      outputs.flatMap(({ data }) =>
        data?.["text/markdown"] ? [[data["text/markdown"]].flat().join("")] : [],
      ),
    );
  assert.ok(committed.length >= 10, `${committed.length} experiments have sentences`);
  for (const sentences of committed) assert.ok(computed.includes(sentences), sentences);
});

test("a number that nothing shows is found", () => {
  const output = { data: { "text/plain": ["TRM 90.4% (86.7 to 92.2)"] } };
  const code = { cell_type: "code", source: ["trm.showFindings(result)"], outputs: [output] };
  const text = (source: string) => ({ cell_type: "markdown", source: [source] });
  assert.deepEqual(unsupportedNumbers([code, text("TRM solves 90.4% (86.7 to 92.2).")]), []);
  for (const [sentence, number] of [
    ["TRM solves 90.5%.", "90.5%"],
    ["TRM solves 90%.", "90%"],
    ["From 86.8 on.", "86.8"],
  ])
    assert.deepEqual(unsupportedNumbers([code, text(sentence)]), [{ number, cell: sentence }]);
});

test("a wrong number in a committed notebook is found", () => {
  const cells = cellsOf("03-fewer-layers.ipynb").map((cell) =>
    cell.cell_type === "markdown"
      ? { ...cell, source: cell.source.map((line) => line.replace("91.4%", "91.7%")) }
      : cell,
  );
  assert.deepEqual(
    unsupportedNumbers(cells).map(({ number }) => number),
    ["91.7%"],
  );
});

test("the guide says which TRM solves how much, as the settings and runs have it", () => {
  const guide = read("notebooks/README.md");
  const row = (notebooks: string, { model, training }: ReturnType<typeof presetConfig>, solved: string) => {
    const { n, T, supervisionSteps } = model;
    return `| ${notebooks} | ${training.totalSteps.toLocaleString("en")} | ${n} | ${T} | ${supervisionSteps} | ${solved} |`;
  };
  const short = (notebooks: string, experiment: typeof experiments.depth) => {
    const plan = planExperiment(experiment, { budget: "laptop", seeds: 3 });
    const [{ accuracies }] = reportedVariants(experimentResult(experiment, "laptop", plan));
    const [low, middle, high] = [Math.min(...accuracies), mean(accuracies), Math.max(...accuracies)].map(
      (share) => (100 * share).toFixed(1),
    );
    return row(notebooks, plan[0].config, `${middle} (${low} to ${high})`);
  };
  for (const line of [
    row("1", presetConfig("sudoku-6x6"), "96.1 (83.6 to 99.2)"),
    short("2 to 4", experiments.latents),
    short("5 to 10", experiments.halting),
  ])
    assert.ok(guide.includes(line), `notebooks/README.md lacks: ${line}`);
  assert.match(
    read("docs/benchmarks.md"),
    /9 seeds, 1,000 steps .*96\.1% of 256 .*\(median; 83\.6 to 99\.2\)/,
  );
});
