import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { tf } from "../src";
import { startEngine } from "../src/backend";
import { compile } from "../src/compile";
import { runningPjrt } from "../src/pjrt/engine";
import { runInChild } from "./child";
import { needsPlugin } from "./pjrt";

type State = { w: tf.Tensor2D; m: tf.Tensor2D; steps: tf.Scalar };

/** A small training step: a layer learns to double its input, by gradient descent with momentum. */
function step(state: State, x: tf.Tensor2D): { state: State; loss: tf.Scalar } {
  const { value, grads } = tf.valueAndGrads((w: tf.Tensor) =>
    tf
      .matMul(x, w as tf.Tensor2D)
      .sub(x.mul(2))
      .square()
      .mean()
      .asScalar(),
  )([state.w]);
  const m = state.m.mul(0.9).add(grads[0]!) as tf.Tensor2D;
  return {
    state: { w: state.w.sub(m.mul(0.2)) as tf.Tensor2D, m, steps: state.steps.add(1) },
    loss: value as tf.Scalar,
  };
}

const size = 16;
function start(): { state: State; x: tf.Tensor2D } {
  const numbers = Float32Array.from({ length: size * size }, (_, i) => Math.sin(i * i));
  return {
    state: { w: tf.tensor2d(numbers, [size, size]), m: tf.zeros([size, size]), steps: tf.scalar(0) },
    x: tf.tensor2d(numbers.slice().reverse(), [size, size]),
  };
}

const tensorsOnDevice = () => runningPjrt()!.tensors.memory().tensors;

describe("the engine on a PJRT device", needsPlugin, () => {
  before(async () => {
    await startEngine({ backend: "pjrt" });
  });

  test("works where TensorFlow is not installed", () => {
    const { stdout, stderr, status } = runInChild(
      `const info = await engine.startEngine({ backend: "pjrt" });
       const f = engine.compile((x) => tf.grad((x) => x.square().sum())(x));
       console.log(info.backend, (await f(tf.tensor1d([1, 2])).data()).join());`,
      {
        TFJS_COMPILE_PYTHON: "/nowhere/python",
        TFJS_COMPILE_TENSORFLOW: "/nowhere",
        TFJS_COMPILE_PJRT_PLUGIN: runningPjrt()!.device.api.path,
      },
    );
    assert.equal(stdout, "pjrt 2,4\n");
    assert.equal(stderr, "");
    assert.equal(status, 0);
  });

  test("a training step gives the same numbers compiled and op by op, and learns", () => {
    const compiled = compile(step, { donate: [0] });
    const { state, x } = start();
    let [ours, eager] = [
      state,
      { ...state, w: state.w.clone(), m: state.m.clone(), steps: state.steps.clone() },
    ];
    const losses: number[] = [];
    for (let i = 0; i < 5; i++) {
      const a = compiled(ours, x);
      const b = step(eager, x);
      assert.ok(Math.abs(a.loss.dataSync()[0]! - b.loss.dataSync()[0]!) < 1e-5);
      losses.push(a.loss.dataSync()[0]!);
      [ours, eager] = [a.state, b.state];
    }
    assert.ok(losses[4]! < 0.8 * losses[0]!, `${losses}`);
    assert.equal(ours.steps.dataSync()[0], 5);
    compiled.dispose();
  });

  test("what a donated tensor shares with a clone survives", () => {
    const compiled = compile((x: tf.Tensor) => x.add(1), { donate: [0] });
    const x = tf.tensor1d(Array.from({ length: 100 }, (_, i) => i)).mul(1);
    const clone = x.clone();
    const y = compiled(x);
    assert.ok(x.isDisposed);
    assert.equal(clone.dataSync()[99], 99);
    assert.equal(y.dataSync()[99], 100);
    tf.dispose([clone, y]);
    compiled.dispose();
  });

  test("reading a result leaves the event loop free while the device computes", async () => {
    const work = compile((x: tf.Tensor2D) => {
      let y = x;
      for (let i = 0; i < 40; i++) y = tf.tanh(tf.matMul(y, x));
      return y.sum();
    });
    const x = tf.fill([400, 400], 0.001) as tf.Tensor2D;
    tf.dispose(work(x));
    const result = work(x);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await result.data();
    clearInterval(timer);
    assert.ok(turns > 3, `the event loop turned ${turns} times`);
    tf.dispose([x, result]);
    work.dispose();
  });

  test("1,000 steps keep the device's and the process's memory flat", { timeout: 120_000 }, () => {
    const { stdout, stderr, status } = runInChild(
      `await engine.startEngine({ backend: "pjrt" });
       const { runningPjrt } = require(${JSON.stringify(join(__dirname, "../src/pjrt/engine"))});
       const f = engine.compile((s, x) => {
         const g = tf.grad((w) => tf.tanh(tf.matMul(x, w)).square().mean())(s.w);
         return { s: { w: s.w.sub(g) }, loss: g.abs().sum() };
       }, { donate: [0] });
       let s = { w: tf.fill([64, 64], 0.1) };
       const counts = [];
       for (let i = 0; i <= 1000; i++) {
         const x = tf.fill([64, 64], i / 1000);
         const r = f(s, x);
         s = r.s;
         await r.loss.data();
         tf.dispose([x, r.loss]);
         if (i % 500 === 0) {
           global.gc();
           const { tensors, device } = runningPjrt();
           counts.push([tensors.memory().tensors, device.registry.size, tf.memory().numTensors, process.memoryUsage().rss]);
         }
       }
       console.log(JSON.stringify(counts));`,
      { NODE_OPTIONS: "--expose-gc" },
    );
    assert.equal(status, 0, stderr);
    const [, [tensors, handles, ours, rss], after] = JSON.parse(stdout) as [number[], number[], number[]];
    // fill(i / 1000) compiles one program for all values; the numbers of objects may not grow at all.
    assert.deepEqual(after!.slice(0, 3), [tensors, handles, ours]);
    assert.ok(after![3]! - rss! < 20e6, `grew by ${(after![3]! - rss!) / 1e6} MB in 500 steps`);
  });

  test("a device without enough memory gives an error, and works on", async () => {
    const huge = compile((x: tf.Tensor) =>
      x
        .broadcastTo([2 ** 30, 1024])
        .add(1)
        .mul(x.sum()),
    );
    const x = tf.ones([1024]);
    await assert.rejects(async () => {
      const y = huge(x);
      await tf.slice(y, [0, 0], [1, 1]).data();
    }, /out of memory[\s\S]*smaller batch/i);
    assert.equal((await x.sum().data())[0], 1024);
  });

  test("a process killed while the device computes leaves nothing that hurts the next one", async () => {
    const cache = mkdtempSync(join(tmpdir(), "pjrt-killed-"));
    const body = `const engine = require(${JSON.stringify(join(__dirname, "../src"))}); const { tf } = engine;
      (async () => {
        await engine.startEngine({ backend: "pjrt" });
        const f = engine.compile((x) => tf.tanh(tf.matMul(x, x)));
        let x = tf.fill([200, 200], 0.01);
        for (let i = 0; ; i++) { x = f(x); await x.data(); if (i === 0) console.log("running"); }
      })();`;
    const env = { ...process.env, TFJS_COMPILE_PJRT_CACHE: cache };
    const child = spawn(process.execPath, ["--conditions=source", "--require", "tsx/cjs", "--eval", body], {
      env,
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    child.kill("SIGKILL");
    const signal = await new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
    assert.equal(signal, "SIGKILL");
    const { stdout, status } = runInChild(
      `await engine.startEngine({ backend: "pjrt" });
       const f = engine.compile((x) => tf.tanh(tf.matMul(x, x)));
       console.log((await f(tf.fill([200, 200], 0.01)).data())[0].toFixed(4));`,
      { TFJS_COMPILE_PJRT_CACHE: cache },
    );
    assert.equal(stdout, "0.0200\n");
    assert.equal(status, 0);
    rmSync(cache, { recursive: true });
  });
});

describe("compile() for the device while the engine runs in TensorFlow", needsPlugin, () => {
  before(async () => {
    await startEngine({ backend: "tensorflow" });
  });
  after(() => startEngine({ backend: "tensorflow" }));

  test("the state stays on the device between steps; what TensorFlow reads comes back", () => {
    const before = tensorsOnDevice();
    const compiled = compile(step, { donate: [0], device: "pjrt" });
    const { state, x } = start();
    const first = compiled(state, x);
    const afterFirst = tensorsOnDevice();
    const second = compiled(first.state, x);
    // The loss of the first step is all that came on top: the state took the old one's place.
    assert.equal(tensorsOnDevice(), afterFirst + 1);
    // An op of TensorFlow on a tensor of the device.
    const sum = second.state.w.add(x).sum().dataSync()[0]!;
    const expected = step(step(start().state, x).state, x).state.w.add(x).sum().dataSync()[0]!;
    assert.ok(Math.abs(sum - expected) < 1e-4, `${sum} ${expected}`);
    tf.dispose([first.loss, second.loss, second.state.w, second.state.m, second.state.steps, x]);
    compiled.dispose();
    assert.equal(tensorsOnDevice(), before);
  });

  test("a function compiled for TensorFlow takes tensors of the device", () => {
    const onDevice = compile((x: tf.Tensor) => x.add(1), { device: "pjrt" });
    const inTensorFlow = compile((x: tf.Tensor) => x.mul(2));
    const y = inTensorFlow(onDevice(tf.tensor1d([1, 2, 3])));
    assert.deepEqual(Array.from(y.dataSync()), [4, 6, 8]);
  });
});
