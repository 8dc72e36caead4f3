import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";
import { build } from "esbuild";
import * as engine from "../src";
import * as browser from "../src/browser";

const { tf } = browser;

before(async () => {
  await tf.setBackend("cpu");
});

test("the browser's entry needs nothing of Node", async () => {
  const { metafile } = await build({
    entryPoints: [join(__dirname, "..", "src", "browser.ts")],
    bundle: true,
    // Built-in modules of Node are errors then.
    platform: "browser",
    write: false,
    metafile: true,
  });
  const files = Object.keys(metafile.inputs).filter((path) =>
    /koffi|src\/(native|tensorflow|pjrt)\//.test(path),
  );
  assert.deepEqual(files, []);
});

test("compile() runs the plain function there, with the same ownership of tensors", async () => {
  const tensors = tf.memory().numTensors;
  const [w, x] = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])];
  const f = browser.compile((w: engine.tf.Tensor, x: engine.tf.Tensor) => tf.add(w, tf.mul(x, 2)), {
    donate: [0],
  });
  const sum = f(w, x);
  assert.deepEqual([...sum.dataSync()], [7, 10]);
  assert.equal(w.isDisposed, true);
  assert.throws(() => f(w, x), /compile\(function\): the tensor at argument 0 is disposed/);
  const later = await f.async(sum, x);
  assert.deepEqual([...(await later.data())], [13, 18]);
  await assert.rejects(f.run([later, x], { signal: AbortSignal.abort(new Error("enough")) }), /enough/);
  assert.deepEqual(f.signatures(), []);
  tf.dispose([x, later]);
  assert.equal(tf.memory().numTensors, tensors);
  f.dispose();
  assert.throws(() => f(w, x), /has been disposed/);
});

test("what only Node has is all that the browser's entry lacks", () => {
  const missing = Object.keys(engine).filter((name) => !(name in browser));
  assert.deepEqual(missing.sort(), [
    "deviceMemory",
    "engineInfo",
    "exportWasm",
    "hasZig",
    "matrixUnit",
    "nativeCompiler",
    "onCompiling",
  ]);
});
