import assert from "node:assert/strict";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { toolchain } from "../src/native/toolchain";
import { findTensorFlow } from "../src/tensorflow/find-library";
import { runInChild } from "./child";
import { nearestBfloat16, needsCompiler } from "./native-support";

test("programs are kept: each is compiled once, and a damaged one again", needsCompiler, () => {
  const folder = mkdtempSync(join(tmpdir(), "tfjs-compile-native-"));
  const body = `await engine.startEngine({ backend: "tensorflow" });
    for (let i = 0; i < 2; i++) engine.compile((x) => x.mul(2).sum(1), { device: "native" })(tf.ones([4, 3])).print();`;
  const run = () => {
    const { status, stderr } = runInChild(body, { TFJS_COMPILE_NATIVE_CACHE: folder });
    assert.equal(status, 0, stderr);
    const names = readdirSync(folder);
    assert.equal(names.length, 1, names.join(" "));
    return join(folder, names[0]!);
  };
  const path = run();
  const { ino } = statSync(path);
  assert.equal(statSync(run()).ino, ino, "made twice");
  const whole = readFileSync(path);
  // As after a power failure: the right size, but the end was never written.
  writeFileSync(path, Buffer.concat([whole.subarray(0, 5000), Buffer.alloc(whole.length - 5000)]));
  run();
  assert.ok(readFileSync(path).equals(whole), "the damaged file stayed");
});

test("without a C compiler of the machine's, the Python package ziglang is taken", (t) => {
  const { found } = findTensorFlow();
  if (found === null || !existsSync(join(dirname(found.folder), "ziglang")))
    return t.skip("ziglang is not installed beside TensorFlow");
  const onlyNode = mkdtempSync(join(tmpdir(), "tfjs-compile-only-node-"));
  symlinkSync(process.execPath, join(onlyNode, "node"));
  const { status, stdout, stderr } = runInChild(
    `await engine.startEngine({ backend: "tensorflow", threads: 2 });
     const f = (ids, x, w) => x.matMul(w).mul(ids.toFloat().reshape([4, 1])).sigmoid().matMul(w, false, true);
     const args = [tf.tensor1d([1, 2, 3, 4], "int32"), tf.ones([4, 32]).mul(0.1), tf.ones([32, 33]).mul(0.2)];
     for (const precision of ["float32", "bfloat16"]) {
       const [ours, theirs] = ["native", "tensorflow"].map((device) => engine.compile(f, { device, precision })(...args).dataSync());
       ours.forEach((y, i) => { if (Math.abs(y - theirs[i]) > 0.01 * Math.abs(theirs[i])) throw new Error(y + " " + theirs[i]); });
     }
     console.log(engine.nativeCompiler());`,
    { PATH: onlyNode, TMPDIR: onlyNode, TFJS_COMPILE_NATIVE_CACHE: join(onlyNode, "cache") },
  );
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^clang version/);
  assert.ok(
    !readdirSync(onlyNode).some((name) => name.startsWith("tfjs-compile-zig")),
    "Zig's temporary files are left",
  );
  rmSync(onlyNode, { recursive: true });
});

/** A compiler in a folder, as a script that ends in the machine's own; `$*` are its arguments. */
function compilerIn(folder: string, name: string, script: (calls: string) => string): string {
  const { command, flags } = toolchain()!;
  const calls = [command, ...flags.filter((flag) => flag === "cc")].join(" ");
  writeFileSync(join(folder, name), `#!/bin/sh\n${script(calls)}\n`, { mode: 0o755 });
  return join(folder, name);
}

for (const without of ["-mno-avx512f", "-mno-avx"]) {
  const skip = process.arch !== "x64" ? "this processor has no such instructions" : needsCompiler.skip;
  test(`programs for older processors multiply, and round to bfloat16, all the same: ${without}`, {
    skip,
  }, () => {
    const folder = mkdtempSync(join(tmpdir(), "tfjs-compile-old-processor-"));
    const CC = compilerIn(folder, "old", (calls) => `exec ${calls} "$@" ${without}`);
    const { status, stdout, stderr } = runInChild(
      `await engine.startEngine({ backend: "tensorflow", threads: 2 });
       const x = Float32Array.from({ length: 4 * 39 * 2 }, (_, i) => (i % 7) ** 9 / (1 + i % 5) - i / 3);
       x.set([NaN, 1, Infinity, 2, 3.4e38, -3.4e38, 1.00390625, 1.01171875]);
       const f = (ids, x) => x.add(ids.toFloat().reshape([4, 1, 1])).matMul(tf.tensor([1, 0, 1, 0, 1, 1], [2, 3]));
       const args = [tf.zeros([4], "int32"), tf.tensor(x, [4, 39, 2])];
       const y = engine.compile(f, { device: "native", precision: "bfloat16" })(...args).dataSync();
       // A sum over the batch, of sizes that leave a rest everywhere.
       const byExample = (a, ids) => a.mul(ids.toFloat().add(1).reshape([4, 1, 1])).reshape([520, -1]);
       const gradient = (ids, a, b) => byExample(a, ids).matMul(byExample(b, ids), true);
       const operands = [tf.tensor1d([0, 1, 2, 3], "int32"), tf.randomNormal([4, 130, 101]), tf.randomNormal([4, 130, 37])];
       const [ours, theirs] = ["native", "tensorflow"].map((device) => engine.compile(gradient, { device })(...operands));
       if (ours.sub(theirs).abs().max().dataSync()[0] > 1e-2) throw new Error("the products differ");
       console.log(JSON.stringify({ x: [...new Uint32Array(x.buffer)], y: [...new Uint32Array(y.slice().buffer)] }));`,
      { CC, TFJS_COMPILE_NATIVE_CACHE: join(folder, "cache") },
    );
    rmSync(folder, { recursive: true });
    assert.equal(status, 0, stderr);
    const bits = JSON.parse(stdout) as { x: number[]; y: number[] };
    const [x, y] = [bits.x, bits.y].map((bits) => new Float32Array(Uint32Array.from(bits).buffer)) as [
      Float32Array,
      Float32Array,
    ];
    assert.equal(y.length, (x.length / 2) * 3);
    for (let row = 0; row < x.length / 2; row++) {
      const [a, b] = [x[2 * row]!, x[2 * row + 1]!].map(nearestBfloat16) as [number, number];
      const expected = [a + 0 * b, 0 * a + b, a + b].map(nearestBfloat16);
      assert.deepEqual([...y.subarray(3 * row, 3 * row + 3)], expected, `row ${row}`);
    }
  });
}

test(
  "TensorFlow runs what a compiler refuses, and what it makes but the system does not load",
  needsCompiler,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "tfjs-compile-bad-compiler-"));
    const refuses = 'case "$*" in *-shared*) echo a mistake >&2; exit 1;; esac;';
    const problems = {
      [compilerIn(folder, "refuses", (calls) => `${refuses} exec ${calls} "$@"`)]: /a mistake/,
      [compilerIn(folder, "unlinked", (calls) => `exec ${calls} -Dposix_memalign=nobody_has_this "$@"`)]:
        /nobody_has_this/,
    };
    for (const [CC, problem] of Object.entries(problems)) {
      const { status, stdout, stderr } = runInChild(
        `await engine.startEngine({ backend: "tensorflow", threads: 2 });
       const f = engine.compile((ids, x, w) => x.mul(ids.toFloat().reshape([64, 1])).matMul(w).sum());
       f(tf.ones([64], "int32"), tf.ones([64, 1024]), tf.ones([1024, 1024])).print();`,
        { CC, TFJS_COMPILE_NATIVE_CACHE: join(folder, "cache") },
      );
      assert.equal(status, 0, stderr);
      assert.match(stdout, /67108864/);
      assert.match(stderr, /made no program of compile\(\)'s, which TensorFlow runs instead/);
      assert.match(stderr, problem);
    }
    rmSync(folder, { recursive: true });
  },
);

test("without a C compiler TensorFlow runs everything", () => {
  const { status, stdout, stderr } = runInChild(
    `await engine.startEngine({ backend: "tensorflow" });
     const f = (ids, x) => x.mul(ids.toFloat().reshape([64, 1])).matMul(x, true).sum();
     const args = [tf.ones([64], "int32"), tf.ones([64, 2000])];
     engine.compile(f)(tf.ones([64], "int32"), tf.ones([64, 64])).print();
     try { engine.compile(f, { device: "native" })(...args); } catch (error) { console.log(error.message); }`,
    { CC: "/bin/false" },
  );
  assert.equal(status, 0, stderr);
  assert.match(stdout, /no C compiler \(cc, gcc or clang\) works here/);
});

test("the setting compileTo takes three words", () => {
  const { stderr } = runInChild(
    `await engine.startEngine({ backend: "tensorflow" }); engine.compile((x) => x.neg())(tf.ones([2]));`,
    { TFJS_COMPILE_TO: "fast" },
  );
  assert.match(stderr, /compileTo \(TFJS_COMPILE_TO\) is "fast"; it can be auto, native, tensorflow/);
});
