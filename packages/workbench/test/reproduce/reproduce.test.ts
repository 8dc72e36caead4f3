import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { readFacts, trainExperiment } from "../../src/experiments";
import { projectFolder } from "../../src/files/paths";
import { reproduce } from "../../src/reproduce/reproduce";
import { emptyStore, tinyExperiment } from "../experiments/support";
import { type ExecutedNotebook, makeNotebookFolder, writeNotebook } from "./notebooks";

describe("reproduce", { timeout: 600_000 }, () => {
  let folder: string;
  before(() => {
    folder = makeNotebookFolder();
    process.env.TRM_FIGURES = join(folder, "figures");
  });
  after(() => {
    delete process.env.TRM_FIGURES;
    rmSync(folder, { recursive: true });
  });

  it("runs the chosen notebooks with their settings, and gathers their results and figures", async () => {
    const path = writeNotebook(folder, "02-chosen.ipynb", [
      `import { haltingFigure } from "trm-workbench/figures";
import { notebookSettings, report, showFigure } from "trm-workbench/notebook";
console.log(JSON.stringify(notebookSettings()));
report({ experiment: "Test", variant: "TRM", task: "none", accuracies: [0.5], paper: 0.874 });
await showFigure(haltingFigure({ title: "", series: [{ name: "TRM", counts: [1] }] }), "halting");`,
    ]);
    const other = writeNotebook(folder, "01-other.ipynb", ['throw new Error("not chosen");']);
    const untouched = readFileSync(other, "utf8");
    const seen = new Set<string>();
    const result = await reproduce({
      folder,
      only: "chosen",
      budget: "smoke",
      seeds: 2,
      fresh: true,
      write: true,
      onEvent: (name) => seen.add(name),
    });
    assert.deepEqual([...seen], ["02-chosen.ipynb"]);
    assert.deepEqual(result.rows, [
      { experiment: "Test", variant: "TRM", task: "none", accuracies: [0.5], paper: 0.874 },
    ]);
    const figures = ["halting.json", "halting.png"].map((name) =>
      relative(projectFolder, join(folder, "figures", name)),
    );
    assert.deepEqual(result.figures, figures);
    const { cells } = JSON.parse(readFileSync(path, "utf8")) as ExecutedNotebook;
    assert.match(
      String(cells[1].outputs?.[0].text),
      /\{"budget":"smoke","seeds":2,"fresh":true,"since":\d+\}/,
    );
    assert.equal(readFileSync(other, "utf8"), untouched);
  });

  it("trains anew, but a run that two notebooks need only once", async () => {
    const store = emptyStore();
    const experiment = tinyExperiment([{ name: "TRM", changes: {}, paper: 0.874 }]);
    const cell = `import { reportExperiment, runExperiment } from "trm-workbench/notebook";
const experiment: any = ${JSON.stringify(experiment)};
reportExperiment(await runExperiment(experiment, { chart: false }));`;
    const other = { ...experiment, title: "Other" };
    writeNotebook(folder, "04-needs.ipynb", [cell]);
    writeNotebook(folder, "05-needs.ipynb", [
      cell.replace(JSON.stringify(experiment), JSON.stringify(other)),
    ]);
    const signal = new AbortController().signal;
    const old = await trainExperiment(experiment, { budget: "smoke", seeds: 1, signal });
    const [before] = old.result.variants[0].runs;
    const lines: string[] = [];
    const { rows } = await reproduce({
      folder,
      only: "needs",
      budget: "smoke",
      seeds: 1,
      fresh: true,
      onEvent: (name, event) => event.event === "line" && lines.push(`${name.slice(0, 2)} ${event.text}`),
    });
    const after = readFacts(join(store, before.hash));
    assert.ok(after.date > before.facts.date, "trained anew");
    assert.ok(lines.includes("04 Tiny, 4x4 Sudoku: 1 of 1 runs done"), lines.join("\n"));
    assert.ok(lines.includes("05 Other, 4x4 Sudoku: 1 of 1 runs from the store"), lines.join("\n"));
    const accuracies = [before.evaluations.at(-1)?.solved];
    const row = { variant: "TRM", task: "4x4 Sudoku", accuracies, paper: 0.874 };
    assert.deepEqual(rows, [
      { experiment: "Tiny", ...row },
      { experiment: "Other", ...row },
    ]);
  });

  it("lists the notebooks where the wanted one is not among them", async () => {
    await assert.rejects(reproduce({ folder, only: "03", budget: "smoke", seeds: 1, fresh: true }), {
      message:
        'no notebook\'s name contains "03"; there are: 01-other.ipynb, 02-chosen.ipynb, 04-needs.ipynb, 05-needs.ipynb',
    });
  });
});

describe("npm run reproduce", { timeout: 60_000 }, () => {
  const run = (...args: string[]) =>
    spawnSync(
      process.execPath,
      ["--conditions=source", "--import", "tsx", "src/reproduce/main.ts", ...args],
      {
        cwd: resolve(__dirname, "../.."),
        encoding: "utf8",
      },
    );

  it("says in one line what is wrong with its arguments", () => {
    for (const [args, message] of [
      [["--budget", "huge"], /'huge' is invalid. Allowed choices are smoke, laptop, desktop, full\./],
      [["--seeds", "none"], /'none' is invalid. It must be a whole number from 1\./],
      [["--only", "no-such-notebook"], /no notebook's name contains "no-such-notebook"/],
    ] as const) {
      const { status, stderr } = run(...args);
      assert.match(stderr, message);
      assert.equal(stderr.trim().split("\n").length, 1, stderr);
      assert.equal(status, 1);
    }
  });
});
