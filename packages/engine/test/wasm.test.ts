import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { compile, exportWasm, startEngine, type TensorTree, tf, valueAndGrad } from "../src";
import { hasZig } from "../src/wasm/export";
import type * as Precompiled from "../src/wasm/precompiled";

type Weights = { w1: tf.Tensor2D; w2: tf.Tensor2D };

/** A training step of two layers. Its table of constants, argmax, and a number in the result are what programs of networks have, too. */
function step(weights: Weights, x: tf.Tensor2D, labels: tf.Tensor1D, rate: tf.Scalar) {
  const scale = tf.tensor1d(Float32Array.from({ length: 16 }, (_, i) => 1 + i / 16));
  const { value, grads, aux } = valueAndGrad((weights: Weights) => {
    const hidden = tf.tanh(tf.mul(tf.matMul(x, weights.w1), scale));
    const logits = tf.matMul(hidden as tf.Tensor2D, weights.w2);
    const target = tf.cast(tf.oneHot(labels, 5, 1, 0, "int32"), "float32");
    return [tf.neg(tf.mean(tf.sum(tf.mul(target, tf.logSoftmax(logits)), -1))) as tf.Scalar, { logits }];
  }, weights);
  const learn = (w: tf.Tensor2D, gradient: tf.Tensor2D) => tf.sub(w, tf.mul(gradient, rate)) as tf.Tensor2D;
  return {
    weights: { w1: learn(weights.w1, grads.w1), w2: learn(weights.w2, grads.w2) },
    loss: value,
    answers: tf.cast(tf.argMax(aux.logits, -1), "int32") as tf.Tensor1D,
    kind: "a step",
  };
}

const pick = (table: tf.Tensor2D, rows: tf.Tensor1D) => tf.gather(table, rows);

describe("programs for WebAssembly", {
  skip: !hasZig() && "ziglang is not installed beside TensorFlow",
}, () => {
  const folder = mkdtempSync(join(tmpdir(), "tfjs-compile-test-"));
  let page: typeof Precompiled;
  before(async () => {
    await startEngine({ backend: "tensorflow", threads: 1 });
    const file = join(folder, "precompiled.cjs");
    const { metafile } = await build({
      entryPoints: [join(__dirname, "..", "src", "wasm", "precompiled.ts")],
      bundle: true,
      platform: "browser",
      alias: { "@tensorflow/tfjs": join(__dirname, "..", "src", "wasm", "tensors.ts") },
      format: "cjs",
      outfile: file,
      metafile: true,
    });
    assert.deepEqual(
      Object.keys(metafile.inputs).filter((path) => path.includes("node_modules")),
      [],
    );
    page = createRequire(__filename)(file);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const args = () =>
    [
      {
        w1: tf.randomNormal([7, 16], 0, 0.5, "float32", 1),
        w2: tf.randomNormal([16, 5], 0, 0.5, "float32", 2),
      },
      tf.randomNormal([12, 7], 0, 1, "float32", 3),
      tf.tensor1d(Int32Array.from({ length: 12 }, (_, i) => i % 5)),
      tf.scalar(0.5),
    ] as [Weights, tf.Tensor2D, tf.Tensor1D, tf.Scalar];

  /** The same tensors, of the page. */
  const toPage = <T>(tree: T): T => {
    const copy = (branch: unknown): unknown => {
      if (branch instanceof tf.Tensor)
        return page.tf.tensor(branch.dataSync() as Float32Array, branch.shape, branch.dtype as "float32");
      if (Array.isArray(branch)) return branch.map(copy);
      return Object.fromEntries(Object.entries(branch as object).map(([key, value]) => [key, copy(value)]));
    };
    return copy(tree) as T;
  };

  for (const simd of [true, false]) {
    test(`a training step gives TensorFlow's numbers ${simd ? "with" : "without"} SIMD, in memory that does not grow`, async () => {
      const { wasm, description } = await exportWasm(
        [
          { name: "step", fn: step, args: args(), batch: [1, 2] },
          { name: "pick", fn: pick, args: [tf.zeros([4, 3]), tf.zeros([2], "int32")] },
        ],
        { simd },
      );
      const loaded = await page.loadModule(wasm, JSON.parse(JSON.stringify(description)));
      page.providePrograms(loaded);
      const there = page.compile(step, { name: "step", donate: [0] });
      const here = compile(step, { name: "step", device: "tensorflow" });
      let [weights, ...others] = args();
      let [pageWeights, ...pageOthers] = toPage([weights, ...others]);
      let free = 0;
      for (let i = 0; i < 20; i++) {
        const [expected, found] = [here(weights, ...others), there(pageWeights, ...pageOthers)];
        assert.equal(found.kind, "a step");
        assert.deepEqual([...found.answers.dataSync()], [...expected.answers.dataSync()]);
        close(found.loss, expected.loss);
        close(found.weights.w1, expected.weights.w1);
        [weights, pageWeights] = [expected.weights, found.weights];
        page.disposeTree([found.loss, found.answers] as unknown as TensorTree);
        const room = loaded.allocate(4);
        if (i > 0) assert.equal(room, free, "a later step takes new memory");
        loaded.free(room, 4);
        free = room;
      }
    });
  }

  test("threads give the numbers of one thread, bit for bit, and all of them work", async () => {
    const kinds = [{ name: "step", fn: step, args: args(), batch: [1, 2] }];
    const { wasm, description } = await exportWasm(kinds, { threads: 3 });
    assert.equal(description.shared?.threads, 3);
    const workers: Worker[] = [];
    // Node's workers have another interface than a page's.
    const script = `const { parentPort } = require("node:worker_threads");
      let onmessage; ${page.helperScript} parentPort.on("message", (data) => onmessage({ data }));`;
    const start = (message: unknown) => {
      const worker = new Worker(script, { eval: true });
      workers.push(worker);
      worker.postMessage(message);
    };
    const results: number[][][] = [];
    const used: number[] = [];
    for (const threads of [1, 3]) {
      const loaded = await page.loadModule(wasm, description, { threads, start });
      page.providePrograms(loaded);
      const there = page.compile(step, { name: "step" });
      let [weights, ...others] = toPage(args());
      for (let i = 0; i < 1000 && loaded.threads() < threads; i++) {
        there(weights, ...others);
        // The helpers are on their way.
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      for (let i = 0; i < 20; i++) ({ weights } = there(weights, ...others));
      results.push([weights.w1, weights.w2].map((tensor) => [...tensor.dataSync()]));
      used.push(loaded.threads());
    }
    await Promise.all(workers.map((worker) => worker.terminate()));
    assert.deepEqual(used, [1, 3]);
    assert.deepEqual(results[1], results[0]);
  });

  test("an index outside of its table is an error, and so are a disposed tensor and a missing program", () => {
    const picked = page.compile(pick, { name: "pick" });
    const table = toPage(tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [4, 3]));
    const rows = (values: number[]) => toPage(tf.tensor1d(values, "int32"));
    assert.deepEqual([...picked(table, rows([3, 0])).dataSync()], [10, 11, 12, 1, 2, 3]);
    assert.throws(() => picked(table, rows([3, 4])), /pick: an index is outside of the table/);
    assert.throws(
      () => picked(table, rows([3])),
      /compile\(pick\): no program was compiled ahead of time for the arguments float32\[4,3\], int32\[1\]/,
    );
    table.dispose();
    assert.throws(() => picked(table, rows([3, 0])), /a tensor of shape \[4,3\] is disposed/);
  });

  test("tidy keeps what it returns and frees the rest", () => {
    let inner: tf.Tensor | undefined;
    const kept = page.tf.tidy(() => {
      inner = page.tf.zeros([2]) as unknown as tf.Tensor;
      return { kept: page.tf.ones([2]) };
    });
    assert.equal(inner?.isDisposed, true);
    assert.deepEqual([...kept.kept.dataSync()], [1, 1]);
  });

  test("what WebAssembly or a program lacks is said", async () => {
    const power = { name: "power", fn: (x: tf.Tensor) => tf.pow(x, x), args: [tf.ones([8])] };
    await assert.rejects(exportWasm([power]), /exportWasm\(\): .*undefined symbol: powf/s);
    const outside = tf.ones([8]);
    const closing = { name: "closing", fn: (x: tf.Tensor) => tf.add(x, outside), args: [tf.ones([8])] };
    await assert.rejects(exportWasm([closing]), /exportWasm\(closing\): it closes over tensors; pass them/);
  });
});

function close(found: tf.Tensor, expected: tf.Tensor): void {
  const [a, b] = [found.dataSync(), expected.dataSync()];
  assert.equal(a.length, b.length);
  for (const [i, value] of a.entries())
    assert.ok(Math.abs(value - b[i]!) < 1e-5, `element ${i}: ${value} and ${b[i]}`);
}
