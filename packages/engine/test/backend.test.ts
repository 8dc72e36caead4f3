import assert from "node:assert/strict";
import { test } from "node:test";
import { tf } from "../src";
import { engineInfo, startEngine } from "../src/backend";
import { runInChild } from "./child";

test("engineInfo says what to do before the start", () => {
  assert.throws(() => engineInfo(), /startEngine\(\)/);
});

test("startEngine called twice at once starts one TensorFlow", async () => {
  const [first, second] = await Promise.all([startEngine(), startEngine({ backend: "tensorflow" })]);
  assert.equal(first, second);
  assert.equal(first.backend, "tensorflow");
  assert.match(first.version, /^2\.\d+\.\d+/);
  assert.equal(engineInfo(), first);
  assert.equal(tf.getBackend(), "tensorflow");
});

test("threads cannot change once TensorFlow runs, and must be a whole number", async () => {
  await startEngine();
  await assert.rejects(startEngine({ threads: 3 }), /first call of startEngine/);
  await assert.rejects(startEngine({ threads: 0 }), /whole number from 1, not 0/);
  assert.equal((await startEngine()).backend, "tensorflow");
});

test("tensors move along when the backend changes", async () => {
  await startEngine();
  const x = tf.tensor1d([1, 2, 3]).square();
  assert.equal((await startEngine({ backend: "cpu" })).backend, "cpu");
  assert.deepEqual([...(await x.add(1).data())], [2, 5, 10]);
  await startEngine({ backend: "tensorflow" });
  assert.deepEqual([...(await x.add(2).data())], [3, 6, 11]);
});

test("TensorFlow's start-up lines reach nobody, and stderr works again afterwards", () => {
  const { status, stdout, stderr } = runInChild(`
    await engine.startEngine({ backend: "tensorflow", threads: 1 });
    tf.ones([64, 64]).matMul(tf.ones([64, 64])).print();
    console.error("still here");`);
  assert.equal(stderr, "still here\n");
  assert.match(stdout, /64, 64/);
  assert.equal(status, 0);
});

test("who asks for TensorFlow's log gets it", () => {
  const { stderr } = runInChild("await engine.startEngine()", { TF_CPP_MIN_LOG_LEVEL: "0" });
  assert.match(stderr, /This TensorFlow binary is optimized|oneDNN/);
});

test("without TensorFlow the engine says so once, runs on WebAssembly and still trains", () => {
  const { status, stdout, stderr } = runInChild(
    `await engine.startEngine(); await engine.startEngine();
    const weight = tf.variable(tf.scalar(0)), optimizer = tf.train.sgd(0.1);
    for (let i = 0; i < 50; i++) optimizer.minimize(() => weight.mul(2).sub(6).square().mean());
    console.log(JSON.stringify([engine.engineInfo(), weight.dataSync()[0]]));`,
    { TFJS_COMPILE_TENSORFLOW: "/no/such/folder", TFJS_COMPILE_INSTALL_HINT: "" },
  );
  assert.equal(status, 0, stderr);
  const [info, weight] = JSON.parse(stdout);
  assert.equal(info.backend, "wasm");
  assert.ok(Math.abs(weight - 3) < 1e-3, `weight is ${weight}`);
  assert.equal(stderr, `${info.fallback}\n`);
  assert.match(stderr, /\/no\/such\/folder: does not exist.*times slower.*pip install tensorflow-cpu/);
});

test("asking for TensorFlow where there is none fails with the command to run", () => {
  const { status, stdout, stderr } = runInChild(
    `await engine.startEngine({ backend: "tensorflow" }).catch((error) => console.log(error.message));
    console.log((await engine.startEngine({ backend: "wasm" })).backend);`,
    { TFJS_COMPILE_PYTHON: process.execPath, TFJS_COMPILE_INSTALL_HINT: "" },
  );
  assert.equal(status, 0, stderr);
  assert.match(
    stdout,
    /TensorFlow cannot be used .*is no working Python.*pip install tensorflow-cpu.*\nwasm\n$/,
  );
  assert.equal(stderr, "");
});
