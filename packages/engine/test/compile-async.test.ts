import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { type Compiling, compile, onCompiling, startEngine, tf } from "../src";
import { toolchain } from "../src/native/toolchain";
import { runInChild } from "./child";

type T = tf.Tensor;
const folder = mkdtempSync(join(tmpdir(), "tfjs-compile-async-"));
const given = process.env.TFJS_COMPILE_NATIVE_CACHE;
let made = 0;

/** A function that no cache holds yet, which doubles its argument and adds something. */
function unknown() {
  const number = ++made + Math.random();
  const f = compile((x: T) => x.mul(2).add(number), { device: "native", batch: [0], name: "unknown" });
  return { f, number };
}

const close = (x: T, expected: number) =>
  assert.ok(Math.abs(x.dataSync()[0]! - expected) < 1e-4, `${x.dataSync()[0]}, ${expected}`);
const files = () => readdirSync(folder).filter((name) => !name.startsWith("zig"));

describe("while the C compiler is at work", {
  skip: toolchain() === undefined && "no C compiler works here",
}, () => {
  before(async () => {
    await startEngine({ backend: "tensorflow" });
    process.env.TFJS_COMPILE_NATIVE_CACHE = folder;
  });
  afterEach(() => {
    for (const name of files()) rmSync(join(folder, name));
  });
  after(() => {
    if (given === undefined) delete process.env.TFJS_COMPILE_NATIVE_CACHE;
    else process.env.TFJS_COMPILE_NATIVE_CACHE = given;
    rmSync(folder, { recursive: true });
  });

  test("the event loop goes on, and listeners are told", async () => {
    const { f, number } = unknown();
    const told: (readonly Compiling[])[] = [];
    const stop = onCompiling((running) => told.push(running));
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const x = tf.ones([4, 3]);
    const result = f.async(x);
    assert.deepEqual(
      told.map((running) => running.length),
      [1],
      "compiling has begun",
    );
    x.dispose();
    close(await result, 2 + number);
    clearInterval(timer);
    stop();
    assert.ok(turns >= 3, `${turns} turns`);
    assert.deepEqual(
      told.map((running) => running.map(({ name }) => name)),
      [["unknown"], []],
    );
    assert.equal(told[0]![0]!.compiler, toolchain()!.version);
    assert.equal(f.signatures()[0]!.runsOn, "native");
    f.dispose();
  });

  test("calls of one signature compile once", async () => {
    const tensors = tf.memory().numTensors;
    const { f, number } = unknown();
    let compilations = 0;
    const stop = onCompiling((running) => {
      compilations += running.length;
    });
    const [x, y] = [tf.ones([4, 3]), tf.zeros([4, 3])];
    const results = await Promise.all([f.async(x), f.async(y), f.async(x)]);
    stop();
    assert.equal(compilations, 1);
    assert.equal(f.signatures().length, 1);
    for (const [i, result] of results.entries()) close(result, (i === 1 ? 0 : 2) + number);
    tf.dispose([results, x, y]);
    f.dispose();
    assert.equal(tf.memory().numTensors, tensors);
  });

  test("a synchronous call does not wait for an asynchronous one", async () => {
    const { f, number } = unknown();
    const x = tf.ones([4, 3]);
    const later = f.async(x);
    close(f(x), 2 + number);
    close(await later, 2 + number);
    assert.equal(f.signatures().length, 1);
    f.dispose();
  });

  test("donated arguments are the call's", async () => {
    const f = compile((w: T, x: T) => w.add(x).add(Math.random()), { device: "native", donate: [0] });
    const [w, x] = [tf.ones([2]), tf.ones([2])];
    await f.async(w, x);
    assert.deepEqual([w.isDisposed, x.isDisposed], [true, false]);
    f.dispose();
  });

  test("an abort ends the compiler, leaves no file and no tensor, and the next call compiles again", async () => {
    const { f, number } = unknown();
    const tensors = tf.memory().numTensors;
    const x = tf.ones([4, 3]);
    const controller = new AbortController();
    const stop = onCompiling((running) => {
      if (running.length > 0) setTimeout(() => controller.abort(new Error("enough")), 1);
    });
    await assert.rejects(f.run([x], { signal: controller.signal }), /enough/);
    stop();
    assert.deepEqual(files(), []);
    assert.equal(f.signatures().length, 0);
    assert.equal(tf.memory().numTensors, tensors + 1);
    await assert.rejects(f.run([x], { signal: controller.signal }), /enough/);
    close(await f.run([x]), 2 + number);
    f.dispose();
  });

  test("a call that is aborted leaves the compiler to others who wait for it", async () => {
    const { f, number } = unknown();
    const x = tf.ones([4, 3]);
    const controller = new AbortController();
    const [aborted, other] = [f.run([x], { signal: controller.signal }), f.async(x)];
    controller.abort(new Error("enough"));
    await assert.rejects(aborted, /enough/);
    close(await other, 2 + number);
    f.dispose();
  });

  test("what is disposed meanwhile is not called", async () => {
    const { f } = unknown();
    const result = f.async(tf.ones([4, 3]));
    f.dispose();
    await assert.rejects(result, /has been disposed/);
  });

  test("TensorFlow runs what the compiler refuses", async () => {
    const { status, stdout, stderr } = runInChild(
      `await engine.startEngine({ backend: "tensorflow", threads: 2 });
       const f = engine.compile((x, w) => x.matMul(w).sum(), { batch: [0] });
       (await f.async(tf.ones([64, 1024]), tf.ones([1024, 1024]))).print();
       console.log(f.signatures()[0].runsOn, f.signatures()[0].because);`,
      {
        CC: compilerIn('case "$*" in *-shared*) echo a mistake >&2; exit 1;; esac;'),
        TFJS_COMPILE_NATIVE_CACHE: folder,
      },
    );
    assert.equal(status, 0, stderr);
    assert.match(stdout, /67108864[\s\S]*tensorflow .* made no program of it/);
    assert.match(stderr, /a mistake/);
  });

  for (const [how, end, expected] of [
    ["with the process", "process.exit(7)", [7, null]],
    ["by Ctrl-C", 'process.kill(process.pid, "SIGINT")', [null, "SIGINT"]],
  ] as const) {
    const skip = process.platform !== "linux" && "it looks into /proc";
    test(`the compiler and what it has started end ${how}`, { skip }, () => {
      const pids = join(folder, "pids");
      rmSync(pids, { force: true });
      const CC = compilerIn(`case "$*" in *-shared*) sleep 60 & echo $$ $! > ${pids}; wait;; esac;`);
      const { status, signal } = runInChild(
        `await engine.startEngine({ backend: "tensorflow", threads: 2 });
         const { readFileSync } = require("node:fs");
         engine.compile((x) => x.mul(3), { device: "native", batch: [0] }).async(tf.ones([4, 3]));
         setInterval(() => { try { if (readFileSync("${pids}", "utf8").endsWith("\\n")) ${end}; } catch {} }, 10);`,
        { CC, TFJS_COMPILE_NATIVE_CACHE: folder },
      );
      assert.deepEqual([status, signal], expected);
      for (const pid of readFileSync(pids, "utf8").trim().split(" "))
        assert.ok(hasEnded(pid), `process ${pid} runs`);
    });
  }
});

/** A compiler that runs `script` first, and then is the machine's. */
function compilerIn(script: string): string {
  const { command, flags } = toolchain()!;
  const path = join(folder, "cc");
  const calls = [command, ...flags.filter((flag) => flag === "cc")].join(" ");
  writeFileSync(path, `#!/bin/sh\n${script} exec ${calls} "$@"\n`, { mode: 0o755 });
  return path;
}

/** Whether a process is gone, or only waits for its parent to notice. */
function hasEnded(pid: string): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return true;
  }
}
