import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { findPython } from "../../src/files";
import { makeKernelFolder } from "../../src/reproduce/execute";
import { makeNotebookFolder } from "../reproduce/notebooks";

interface Step {
  readonly cells?: readonly string[];
  readonly interrupt?: string;
  readonly stop_on_error?: boolean;
  readonly request?: string;
  readonly content?: object;
}

interface CellResult {
  readonly reply: { readonly status: string; readonly [field: string]: unknown };
  readonly outputs: readonly (readonly [type: string, content: Readonly<Record<string, unknown>>])[];
}

interface StepResult {
  readonly cells: readonly CellResult[];
  readonly states: readonly (readonly [state: string, request: string])[];
}

/** What is done, by name: all in one kernel, in this order. */
const steps = {
  fails: {
    cells: [
      `type Pair = [number, number];
const before: Pair = [1, 2];
function twice(x: number) { return 2 * x; }
const late = fail();
function fail(): string {
  throw new TypeError("why");
}`,
      `console.log("queued");`,
    ],
  },
  goesOn: { cells: ["console.log(twice(before[1]));", "late;", "console.log(3);"], stop_on_error: false },
  flood: { cells: ["for (let i = 0; i < 100_000; i++) console.log(i);"] },
  slowFlood: { cells: [`for (let i = 0; i < 600; i++) { console.log(i); console.error("e"); await null; }`] },
  loop: {
    cells: [
      // Behind an await: an interrupt that meets the code before it ends that code at once.
      `let turns = 0;
const timer = setInterval(() => { turns++; }, 10);
try {
  await null; console.log("now");
  while (true) { turns++; await new Promise((r) => setTimeout(r, 10)); }
} finally { console.log("finally"); }`,
    ],
    interrupt: "now",
  },
  ended: {
    cells: [`const was = turns;\nawait new Promise((r) => setTimeout(r, 100));\nturns > 0 && turns === was`],
  },
  endless: { cells: [`console.log("now"); while (true) {}`], interrupt: "now" },
  breathless: { cells: [`console.log("now"); while (true) await null;`], interrupt: "now" },
  later: {
    cells: [
      `setTimeout(() => console.log("a\\nb"), 200);`,
      `console.log("2"); await new Promise((r) => setTimeout(r, 500));`,
      "new Promise(() => {})",
    ],
  },
  unseen: {
    cells: [
      `Promise.reject(new Error("r")); setTimeout(() => { throw new Error("t"); }, 10);
await new Promise((r) => setTimeout(r, 100));`,
    ],
  },
  type: { cells: [`const fine = 1;\nconst digit: number = "x";`] },
  deep: { cells: [`await (async () => {\n  await null;\n  throw new RangeError("deep");\n})();`] },
  plot: { cells: [`throw new Error("Not supported in NodeJS");`] },
  clash: { cells: ["const exports = 1;"] },
  clash2: { cells: ["let fine = 1, require = 2;"] },
  library: { cells: [`console.log([3, 1].toSorted(), "a".isWellFormed(), String(1));`] },
  using: { cells: ["{ using r = 1; }"] },
  decorator: {
    cells: [
      "function log(_: unknown, context: ClassMethodDecoratorContext) { console.log(context.name); }\nclass A { @log m() {} }",
    ],
  },
  file: { cells: [`import { mine } from "./mine";\nmine();`] },
  display: { cells: [`import { display } from "tslab";\ndisplay.html("<b>x</b>");`] },
  writes: { cells: [`await new Promise<void>((r) => { process.stdout.write("ü\\n", () => r()); });`] },
  history: { request: "history_request", content: { hist_access_type: "tail", n: 1 } },
  complete: { request: "complete_request", content: { code: "", cursor_pos: 0 } },
  inspect: { request: "inspect_request", content: { code: "'😀'; twice(1)", cursor_pos: 12 } },
  comms: { request: "comm_info_request", content: {} },
  unknown: { request: "debug_request", content: {} },
} satisfies Record<string, Step>;

describe("a session with the kernel", { timeout: 400_000 }, () => {
  const folder = makeNotebookFolder();
  const kernels = makeKernelFolder();
  const results = {} as Record<keyof typeof steps, StepResult>;
  before(() => {
    writeFileSync(
      join(folder, "mine.ts"),
      `\nexport const mine = (): never => { throw new Error("file"); };\n`,
    );
    const script = join(__dirname, "kernel_session.py");
    const child = spawnSync(findPython(), [script, folder], {
      env: { ...process.env, JUPYTER_PATH: kernels },
      input: JSON.stringify(Object.values(steps)),
      encoding: "utf8",
      maxBuffer: 1e8,
    });
    assert.equal(child.status, 0, child.stderr);
    const all = JSON.parse(child.stdout) as StepResult[];
    for (const [i, name] of Object.keys(steps).entries()) results[name as keyof typeof steps] = all[i];
  });
  after(() => {
    rmSync(folder, { recursive: true });
    rmSync(kernels, { recursive: true });
  });

  const cell = (name: keyof typeof steps, index = 0) => results[name].cells[index];
  const text = ({ outputs }: CellResult, name = "stdout") =>
    outputs
      .map(([type, content]) => (type === "stream" && content.name === name ? content.text : ""))
      .join("");
  const error = (name: keyof typeof steps, index = 0) => {
    const found = cell(name, index).outputs.find(([type]) => type === "error")?.[1];
    assert.ok(found, `${name} has an error output`);
    assert.equal(cell(name, index).reply.status, "error");
    assert.equal(cell(name, index).reply.ename, found.ename);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
    const traceback = (found.traceback as string[]).join("\n").replace(/\x1b\[\d+m/g, "");
    return { ename: found.ename, evalue: found.evalue, traceback };
  };

  it("shows an error with name, text and the cell's own lines, and aborts what was queued", () => {
    assert.deepEqual(error("fails"), {
      ename: "TypeError",
      evalue: "why",
      traceback: `TypeError: why
    at fail (cell 1, line 6): throw new TypeError("why");
    at cell 1, line 4: const late = fail();`,
    });
    assert.equal(cell("fails", 1).reply.status, "aborted");
    assert.equal(
      error("deep").traceback.split("\n")[1],
      `    at cell 16, line 3: throw new RangeError("deep");`,
    );
    assert.match(
      error("file").traceback,
      /^Error: file\n {4}at mine \(.*mine\.ts, line 2\)\n {4}at cell \d+, line 2/,
    );
  });

  it("keeps names that were declared before an error, and runs the rest if it shall", () => {
    assert.equal(text(cell("goesOn")), "4\n");
    assert.equal(error("goesOn", 1).evalue, "Cannot find name 'late'.");
    assert.equal(text(cell("goesOn", 2)), "3\n");
  });

  it("loses no output", () => {
    assert.equal(text(cell("flood")), Array.from({ length: 100_000 }, (_, i) => `${i}\n`).join(""));
    assert.equal(text(cell("slowFlood")), Array.from({ length: 600 }, (_, i) => `${i}\n`).join(""));
    assert.equal(text(cell("slowFlood"), "stderr"), "e\n".repeat(600));
    assert.equal(text(cell("writes")), "ü\n");
  });

  it("ends by an interrupt what a cell started, and keeps its names", () => {
    for (const name of ["loop", "endless", "breathless"] as const)
      assert.equal(error(name).ename, "Interrupted");
    assert.match(error("loop").traceback, /line 5: while \(true\)/);
    assert.equal(text(cell("loop")), "now\nfinally\n");
    assert.equal(text(cell("ended")), "true\n");
  });

  it("marks late text, and says what a promise needs", () => {
    assert.equal(text(cell("later", 1)), "2\n[from cell 11] a\n[from cell 11] b\n");
    assert.match(text(cell("later", 2)), /^Promise \{ <pending> \} write `await` before it/);
    assert.match(
      text(cell("unseen"), "stderr"),
      /^UnhandledPromiseRejection: Error: r\n.*line 1.*UncaughtException: Error: t\n/s,
    );
  });

  it("explains code that it cannot run, with the cell's lines", () => {
    assert.match(
      error("type").traceback,
      /^2:7 - Type 'string' is not assignable to type 'number'\.\n {4}const digit/,
    );
    assert.match(error("plot").traceback, /showFigure/);
    assert.match(error("clash").traceback, /^1:7 - A cell cannot declare 'exports'/);
    assert.match(error("clash2").traceback, /^1:15 - A cell cannot declare 'require'/);
    assert.match(error("using").evalue as string, /TypeScript 5\.2/);
  });

  it("knows the library of its Node and standard decorators", () => {
    assert.equal(text(cell("library")), "[ 1, 3 ] true 1\n");
    assert.equal(text(cell("decorator")), "m\n");
  });

  it("answers other requests, and is busy while a cell runs or waits", () => {
    const { states } = results.later;
    assert.deepEqual(
      states.map(([state]) => state),
      ["busy", "idle", "busy", "idle", "busy", "idle"],
    );
    assert.equal((cell("history").reply.history as unknown[][])[0][2], steps.writes.cells[0]);
    const matches = cell("complete").reply.matches as string[];
    assert.equal(matches.length, 120);
    assert.ok(matches.includes("twice"));
    assert.deepEqual(cell("inspect").reply.data, { "text/plain": "function twice(x: number): number" });
    assert.deepEqual(cell("comms").reply, { status: "ok", comms: {} });
    assert.equal(cell("unknown").reply.status, "error");
    assert.deepEqual(cell("display").outputs[1][1].data, { "text/html": "<b>x</b>" });
  });
});
