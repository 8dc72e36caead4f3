import assert from "node:assert/strict";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { root } from "./packages";

/** A training step on 4x4 Sudoku, as a web page would make it. */
const page = `
  import { sudokuTask } from "trm/batches";
  import { createModel, paperModel } from "trm/model";
  import { createRandom } from "trm/random";
  import { sudokuGenerator } from "trm/puzzles";
  import { createTrainer, paperTraining } from "trm/trainer";
  import { tf } from "tfjs-compile";

  export async function trainOneStep() {
    await tf.setBackend("cpu");
    const { solution } = sudokuGenerator([2, 2], createRandom(1))();
    const { train } = sudokuTask({ box: [2, 2], train: 8, test: 2, seed: 1 });
    const size = { hiddenSize: 16, heads: 2, layers: 1, n: 1, T: 2, supervisionSteps: 2, puzzleEmbSize: 0, puzzleEmbLen: 0 };
    const { vocabSize, seqLen, numPuzzleIdentifiers } = train;
    const model = createModel({ ...paperModel, ...size, vocabSize, seqLen, numPuzzleIdentifiers });
    const trainer = createTrainer(model, { ...paperTraining, batchSize: 4, totalSteps: 2 }, train);
    const report = await trainer.next();
    trainer.dispose();
    return { report, cells: solution.length, backend: tf.getBackend() };
  }`;

test("the library trains in a browser: its bundle has no module of Node, and runs without any", async () => {
  const { outputFiles, metafile } = await build({
    stdin: { contents: page, resolveDir: root, loader: "ts" },
    bundle: true,
    platform: "browser",
    conditions: ["browser", "source"],
    format: "iife",
    globalName: "page",
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  const inputs = Object.keys(metafile.inputs);
  assert.deepEqual(
    inputs.filter((input) => /(^|\/)(koffi|tfjs-node|node-gyp)|^node:/.test(input)),
    [],
  );
  // The globals of a web worker that tfjs needs; no `process`, no `require`, no `Buffer`.
  const context = createContext({ performance, setTimeout, TextEncoder, TextDecoder });
  Object.assign(context, { self: context, WorkerGlobalScope: Object });
  runInContext(outputFiles[0]!.text, context);
  const { report, cells, backend } = await runInContext("page.trainOneStep()", context, { timeout: 60_000 });
  assert.equal(cells, 16);
  assert.equal(backend, "cpu");
  assert.equal(report.step, 1);
  assert.ok(Number.isFinite(report.loss) && report.loss > 0, `loss ${report.loss}`);
});
