import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { findPython } from "../../src/files";
import {
  executeNotebook,
  makeKernelFolder,
  NotebookError,
  type NotebookEvent,
} from "../../src/reproduce/execute";
import { type ExecutedNotebook, makeNotebookFolder, type Output, writeNotebook } from "./notebooks";

// Notebooks import the built package; the whole of "trm" would load TensorFlow, which these do not need.
const imports = `import { haltingFigure, renderPng } from "trm-workbench/figures";
import * as notebook from "trm-workbench/notebook";
import * as terminal from "trm-workbench/terminal";`;

describe("running notebooks", { timeout: 300_000 }, () => {
  let folder: string;
  before(() => {
    folder = makeNotebookFolder();
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = async (name: string, cells: string[], env: Record<string, string> = {}) => {
    const events: NotebookEvent[] = [];
    const target = join(folder, "executed", name);
    const source = writeNotebook(folder, name, cells);
    const before = readFileSync(source, "utf8");
    const options = {
      source,
      target,
      env,
      cellTimeout: 60,
      onEvent: (event: NotebookEvent) => events.push(event),
    };
    const error = await executeNotebook(options).catch((reason: unknown) => reason);
    assert.equal(readFileSync(source, "utf8"), before, "the source is left alone");
    const executed = JSON.parse(readFileSync(target, "utf8")) as ExecutedNotebook;
    const outputs = executed.cells
      .filter((cell) => cell.cell_type === "code")
      .map((cell) => cell.outputs ?? []);
    return { error, events, executed, outputs };
  };

  it("keeps what cells print and show, in place, and nothing about the machine", async () => {
    const { error, events, executed, outputs } = await run(
      "shows.ipynb",
      [
        imports,
        `console.log("budget", process.env.TRM_BUDGET);
await notebook.showFigure(haltingFigure({ title: "Halting", series: [{ name: "TRM", counts: [1, 2] }] }));
notebook.showTable({ columns: ["variant", "ours"], values: [["<TRM>", 0.98765]], index: [0] });
notebook.showSource("haltingFigure");`,
        `const bar = terminal.progress(20);
const chart = notebook.liveFigure({ interval: 1 });
for (let step = 1; step <= 20; step++) {
  await new Promise((resolve) => setTimeout(resolve, 60));
  bar.update(step, { loss: 1 / step, accuracy: step / 20 });
  chart.update(() => haltingFigure({ title: "step " + step, series: [{ name: "TRM", counts: [step] }] }));
}
bar.done();
await chart.done();`,
      ],
      { TRM_BUDGET: "smoke" },
    );
    assert.equal(error, undefined);
    const [, shown, live] = outputs;
    assert.equal(text(shown[0]), "budget smoke\n");
    const [figure, table, source] = shown.slice(1).map(({ data }) => data ?? {});
    assert.deepEqual(Object.keys(figure).sort(), [
      "application/vnd.plotly.v1+json",
      "image/png",
      "text/plain",
    ]);
    assert.ok(Buffer.from(String(figure["image/png"]), "base64").subarray(1, 4).equals(Buffer.from("PNG")));
    assert.match(joined(table["text/html"]), /<th style="text-align:right">ours<.*\n.*&lt;TRM&gt;.*>0\.988</);
    assert.match(joined(table["text/plain"]), /│ <TRM> {3}│ 0\.988 │/);
    assert.match(
      joined(source["text/markdown"]),
      /packages\/workbench\/src\/figures\/halting\.ts.*```ts\n.*export function haltingFigure/s,
    );

    // One line and one chart, which were replaced where they stood.
    assert.equal(live.length, 2);
    assert.match(
      joined(live[0].data?.["text/plain"]),
      /^training █+ 20\/20, loss 0\.0500, accuracy 100\.0%, [\d.]+ steps\/s, 0s left$/,
    );
    assert.equal(joined(live[1].data?.["text/plain"]), "[figure: step 20]");
    assert.ok("image/png" in (live[1].data ?? {}));

    assert.deepEqual(executed.metadata, {
      kernelspec: { display_name: "TypeScript (TRM)", language: "typescript", name: "tslab" },
      language_info: {
        name: "typescript",
        version: "5.0.4",
        file_extension: ".ts",
        mimetype: "text/typescript",
        codemirror_mode: { mode: "typescript", name: "javascript", typescript: true },
      },
    });
    assert.ok(executed.cells.every(({ metadata }) => Object.keys(metadata as object).length === 0));
    assert.deepEqual(
      events.flatMap((event) => (event.event === "cell" ? [`${event.number} of ${event.of}`] : [])),
      ["1 of 3", "2 of 3", "3 of 3"],
    );
    assert.ok(events.some((event) => event.event === "line" && event.text.startsWith("training ")));
    assert.equal(events.at(-1)?.event, "done");
  });

  const failures: [what: string, cells: string[], cell: number, reason: RegExp][] = [
    ["an exception", ["1 + 1;", "", 'throw new Error("no luck");', "2;"], 2, /Error: no luck/],
    [
      "a type error",
      ['const digit: number = "one";'],
      1,
      /1:7 - Type 'string' is not assignable to type 'number'/,
    ],
    [
      "an error that nobody waits for",
      ['void (async () => { throw new Error("late"); })();\nawait new Promise((r) => setTimeout(r, 100));'],
      1,
      /UnhandledPromiseRejection: Error: late/,
    ],
    [
      "a kernel that dies",
      ['console.error("about to die");\nprocess.exit(3);'],
      1,
      /the kernel died.*about to die/s,
    ],
  ];
  for (const [what, cells, cell, reason] of failures) {
    it(`names the notebook, the cell and the error for ${what}`, async () => {
      const { error, events } = await run("fails.ipynb", cells);
      assert.ok(error instanceof NotebookError, String(error));
      assert.equal(error.notebook, "fails.ipynb");
      assert.equal(error.cell, cell);
      assert.match(error.reason, reason);
      assert.match(error.message, /^fails\.ipynb, cell \d: /);
      assert.equal(events.filter((event) => event.event === "cell").length, cell, "later cells did not run");
    });
  }

  it("ends a cell that runs too long", async () => {
    const source = writeNotebook(folder, "hangs.ipynb", [
      "await new Promise((resolve) => setTimeout(resolve, 60_000));",
    ]);
    await assert.rejects(
      executeNotebook({ source, target: join(folder, "hangs-executed.ipynb"), cellTimeout: 2 }),
      {
        message: "hangs.ipynb, cell 1: the cell ran longer than 2 s",
      },
    );
  });

  it("says so when there is no such notebook", async () => {
    const options = { source: join(folder, "none.ipynb"), target: join(folder, "x.ipynb") };
    await assert.rejects(executeNotebook(options), /^NotebookError: none\.ipynb: there is no /);
  });
});

describe("interrupting a cell", { timeout: 120_000 }, () => {
  it("stops a loop after its step, ends the cell as usual and keeps all state and the figure browser", () => {
    const folder = makeNotebookFolder();
    const kernels = makeKernelFolder();
    try {
      const path = writeNotebook(folder, "interrupted.ipynb", [
        `${imports}
const figure = haltingFigure({ title: "", series: [{ name: "TRM", counts: [1] }] });
console.log((await renderPng(figure)).length > 1000);
let steps = 0;`,
        `const signal = terminal.onInterrupt();
while (!signal.aborted && steps < 20_000) {
  steps++;
  if (steps === 10) console.log("now");
  await new Promise((resolve) => setTimeout(resolve, 2));
}
const inCell = steps;
console.log("ended early", inCell >= 10 && inCell < 20_000);`,
        `console.log("kept", steps === inCell);
console.log((await renderPng(figure)).length > 1000);`,
      ]);
      const script = join(__dirname, "interrupt_notebook.py");
      const child = spawnSync(findPython(), [script, path, "now"], {
        env: { ...process.env, JUPYTER_PATH: kernels },
        encoding: "utf8",
      });
      assert.equal(child.status, 0, child.stderr);
      const [first, interrupted, later] = JSON.parse(child.stdout) as string[];
      assert.equal(first, "true\n");
      assert.match(interrupted, /^now\nStopping after this step.*\nended early true\n$/);
      assert.equal(later, "kept true\ntrue\n");
    } finally {
      rmSync(folder, { recursive: true });
      rmSync(kernels, { recursive: true });
    }
  });
});

function joined(value: unknown): string {
  return Array.isArray(value) ? value.join("") : String(value);
}

function text(output: Output): string {
  return joined(output.text);
}
