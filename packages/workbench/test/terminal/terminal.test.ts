import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { describe, it } from "node:test";

/** Runs a script with the notebook and terminal rooms imported as `notebook`; `onOutput` may send signals. */
async function runScript(script: string, onOutput: (text: string, interrupt: () => void) => void = () => {}) {
  const code = `const notebook = { ...require("./src/notebook"), ...require("./src/terminal") };\nconst sleep = (ms) => new Promise((r) => setTimeout(r, ms));\n(async () => {${script}})();`;
  const child = spawn(process.execPath, ["--conditions=source", "--import", "tsx", "-e", code], {
    cwd: resolve(__dirname, "../.."),
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      onOutput(text, () => child.kill("SIGINT"));
    });
  }
  const [code_, signal] = await once(child, "close");
  return { output, code: code_ as number | null, signal: signal as string | null };
}

describe("outside a notebook", { timeout: 120_000 }, () => {
  it("shows text instead of bundles", async () => {
    const { output, code } = await runScript(`
      await notebook.showFigure({ data: [], layout: { title: { text: "Loss" } } });
      notebook.showMarkdown("# Head");
      notebook.showTable({ columns: ["n"], values: [[1.23456], [null]], index: [0, 1] }, { digits: 1 });
      notebook.showTable([{ variant: "TRM", solved: 0.9 }, { variant: "HRM" }], { digits: 1, index: true });
      notebook.showTable([{ at: new Date(0) }, { at: new Date(1500) }, { at: new Date(Number.NaN) }]);
      notebook.showSource("figures/halting.ts#haltingFigure");
      const chart = notebook.liveFigure();
      chart.update(() => ({ data: [], layout: { title: { text: "Live" } } }));
      await chart.done();`);
    assert.equal(code, 0, output);
    assert.match(output, /^\[figure: Loss\]\n# Head\n/);
    assert.match(output, /│ {3}n │\n├─+┤\n│ 1\.2 │\n│ {5}│\n/);
    assert.match(
      output,
      /│ {3}│ variant │ solved │\n├─+┼─+┼─+┤\n│ 0 │ TRM {5}│ {4}0\.9 │\n│ 1 │ HRM {5}│ {8}│\n/,
    );
    assert.match(output, /│ 1970-01-01 {14}│\n│ 1970-01-01 00:00:01\.500 │\n│ {25}│\n/);
    assert.match(output, /\/\/ packages\/workbench\/src\/figures\/halting\.ts, line \d+\n/);
    assert.match(output, /\[figure: Live\]\n$/);
  });

  it("draws progress as lines where there is no terminal, and lets the process end", async () => {
    const { output, code } = await runScript(`
      const bar = notebook.progress(8, { start: 4, label: "training" });
      for (let step = 5; step <= 8; step++) { await sleep(20); bar.update(step, step === 6 ? { loss: 0.5, accuracy: 0.25 } : {}); }
      bar.done();`);
    assert.equal(code, 0, output);
    assert.match(output, /^training .* 4\/8/);
    assert.match(output, /8\/8, loss 0\.500, accuracy 25\.0%, [\d.]+ steps\/s, 0s left/);
  });

  it("tells in the progress bar what is being compiled", async () => {
    const { output, code } = await runScript(`
      const { compile, nativeCompiler, startEngine, tf } = require("tfjs-compile");
      await startEngine();
      if (nativeCompiler() === undefined) return console.log("skipped");
      process.stderr.isTTY = true;
      const bar = notebook.progress(8);
      const double = (x) => tf.mul(x, 2 + Math.random());
      await compile(double, { device: "native" }).async(tf.ones([2]));
      bar.update(1);
      bar.done();`);
    assert.equal(code, 0, output);
    if (output === "skipped\n") return;
    assert.match(output, /0\/8.*, compiling double, \d+ s/);
    assert.doesNotMatch(output.slice(output.lastIndexOf("1/8")), /compiling/);
  });

  const loop = `
    const signal = notebook.onInterrupt();
    let steps = 0;
    console.log("ready");
    while (!signal.aborted) { steps++; await sleep(5); }
    console.log("stopped", steps > 0);`;

  it("stops a loop after its step at the first Ctrl-C", async () => {
    const { output, code } = await runScript(loop, (text, interrupt) => {
      if (text.includes("ready")) setTimeout(interrupt, 200);
    });
    assert.match(
      output,
      /^ready\nStopping after this step; interrupt again to stop at once\.\nstopped true\n$/,
    );
    assert.equal(code, 0);
  });

  it("ends the process at the second Ctrl-C", async () => {
    const { output, code } = await runScript(`${loop} await sleep(60_000);`, (text, interrupt) => {
      if (text.includes("ready") || text.includes("stopped")) setTimeout(interrupt, 200);
    });
    assert.match(output, /stopped true\n$/);
    assert.equal(code, 130);
  });
});
