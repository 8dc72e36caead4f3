import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { trainExperiment } from "../../src/experiments";
import { publishRuns } from "../../src/experiments/publish";
import { findPython } from "../../src/files";
import { experimentCurves, resultsFrame, runExperiment } from "../../src/notebook";
import { makeKernelFolder } from "../../src/reproduce/execute";
import { readSteps } from "../../src/runs";
import { emptyStore, tinyExperiment } from "../experiments/support";
import { makeNotebookFolder, writeNotebook } from "../reproduce/notebooks";

const shallow = { name: "n = 1", changes: {}, paper: 0.5 };
const deep = { name: "n = 2", changes: { model: { n: 2 } } };

describe("runExperiment", { timeout: 300_000 }, () => {
  it("tells a line at a time in a terminal, trains what is missing, and gives the rest at once", async (context) => {
    emptyStore();
    const lines: string[] = [];
    context.mock.method(console, "log", (line: string) => lines.push(line));
    const first = await runExperiment(tinyExperiment([shallow]), { budget: "smoke", seeds: 2 });
    assert.deepEqual(lines.slice(0, 1), ["Tiny, 4x4 Sudoku: 0 of 2 runs done"]);
    assert.ok(lines.includes("  n = 1, seed 1 begins"));
    assert.ok(
      lines.some((line) => /^ {2}n = 1, seed \d ends; Tiny, 4x4 Sudoku: 2 of 2 runs done$/.test(line)),
    );
    assert.equal(lines.at(-1), "[figure: Tiny]");

    lines.length = 0;
    const options = { budget: "smoke", seeds: 2 } as const;
    const { variants } = await runExperiment(tinyExperiment([shallow, deep]), {
      ...options,
      variants: ["n = 1"],
    });
    assert.deepEqual(lines, ["Tiny, 4x4 Sudoku: 2 of 2 runs from the store", "[figure: Tiny]"]);
    assert.deepEqual(variants, first.variants);
  });

  it("shows published runs beside one's own, and a row of numbers for each variant", async (context) => {
    context.mock.method(console, "log", () => {});
    emptyStore();
    const experiment = tinyExperiment([shallow, deep]);
    const own = await runExperiment(experiment, { budget: "smoke", seeds: 1, chart: false });
    publishRuns(own.variants[0].runs);
    const signal = new AbortController().signal;
    const since = Date.now();
    const { result } = await trainExperiment(experiment, { budget: "smoke", seeds: 1, signal, since });
    const curves = experimentCurves(result, { measures: ["cells"] });
    assert.deepEqual(
      curves.map(({ name, published = false }) => [name, published]),
      [
        ["n = 1", false],
        ["n = 1", true],
        ["n = 2", false],
      ],
    );
    assert.deepEqual(curves[0].steps, [10, 20]);
    assert.deepEqual(curves[0].seeds, [own.variants[0].runs[0].evaluations.map(({ cells }) => cells)]);
    const [one, two] = resultsFrame(result);
    assert.deepEqual([one["paper %"], one.seeds, one["network passes per step"]], [50, 1, 4]);
    assert.deepEqual([two["paper %"], two["network passes per step"]], [Number.NaN, 6]);
  });

  it("fails with the name and the error of a run that failed", async (context) => {
    context.mock.method(console, "log", () => {});
    emptyStore();
    const data = { kind: "csv", train: "no/such.csv", test: "no/such.csv", box: "2x2" } as const;
    await assert.rejects(
      runExperiment(tinyExperiment([shallow, { name: "nowhere", changes: { data } }]), { budget: "smoke" }),
      /^Error: nowhere, seed 0: .*no\/such\.csv/,
    );
  });
});

describe("runExperiment in a notebook", { timeout: 600_000 }, () => {
  const folder = makeNotebookFolder();
  const kernels = makeKernelFolder();
  after(() => {
    rmSync(folder, { recursive: true });
    rmSync(kernels, { recursive: true });
  });

  it("stops its runs when the cell is interrupted, and goes on when it is run again", async () => {
    const store = emptyStore();
    const experiment = tinyExperiment([shallow], {
      training: { totalSteps: 1000 },
      evaluation: { every: 0 },
      checkpoints: { every: 20, keep: 1 },
    });
    const cell = 'const result = await runExperiment(experiment, { budget: "smoke", seeds: 1 });';
    const path = writeNotebook(folder, "interrupted.ipynb", [
      `import { existsSync, readdirSync } from "fs";
import { runExperiment } from "trm-workbench/notebook";
const experiment: any = ${JSON.stringify(experiment)};
const isUnderWay = () => readdirSync(${JSON.stringify(store)}).some((run) => existsSync(${JSON.stringify(store)} + "/" + run + "/checkpoints"));
const timer = setInterval(() => { if (isUnderWay()) { clearInterval(timer); console.log("now"); } }, 20);
`,
      // Caught, to print the error as text.
      `try {\n${cell}\nconsole.log("not reached");\n} catch (error) {\nconsole.log(error.message);\n}`,
      `${cell}\nconsole.log("ran", result.variants[0].runs.length);`,
    ]);
    const script = join(__dirname, "../reproduce/interrupt_notebook.py");
    const child = spawnSync(findPython(), [script, path, "now"], {
      env: { ...process.env, JUPYTER_PATH: kernels },
      encoding: "utf8",
    });
    assert.equal(child.status, 0, child.stderr);
    const [, interrupted, later] = JSON.parse(child.stdout) as string[];
    assert.match(
      interrupted,
      /Stopping after this step.*stopped with 0 of 1 runs done: run this cell again to go on/s,
    );
    assert.doesNotMatch(interrupted, /not reached/);
    assert.equal(later, "ran 1\n");
    const [run, noted, ...others] = readdirSync(store).sort();
    assert.deepEqual([noted, others], ["my-runs.jsonl", []]);
    const steps = readSteps(join(store, run)).step;
    assert.deepEqual([steps.length, steps.at(-1)], [1000, 1000]);
  });
});
