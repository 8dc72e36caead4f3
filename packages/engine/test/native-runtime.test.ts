import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { before, describe, test } from "node:test";
import fc from "fast-check";
import { tf } from "../src";
import { startEngine } from "../src/backend";
import { compile } from "../src/compile";
import { chunksOf } from "../src/native/schedule/blocks";
import { runInChild } from "./child";
import type { T } from "./kernel-cases";
import { compare, examples, needsCompiler, numbers } from "./native-support";

describe("a native program as it runs", needsCompiler, () => {
  before(() => startEngine({ backend: "tensorflow" }));
  test("one thread, more threads than one, and a batch that they cannot share evenly give the same", () => {
    for (const threads of ["1", "2", "3"]) {
      const { status, stdout, stderr } = runInChild(
        `await engine.startEngine({ backend: "tensorflow", threads: ${threads} });
         const f = (ids, x, w) => { const g = tf.grad((w) => x.mul(ids.toFloat().reshape([7, 1])).matMul(w).sigmoid().sum())(w); return [g, g.sum()]; };
         const args = [tf.tensor1d([1, 2, 3, 4, 5, 6, 7], "int32"), tf.ones([7, 4]).mul(0.1), tf.ones([4, 3]).mul(0.2)];
         const [ours, theirs] = [engine.compile(f, { device: "native" }), f].map((f) => f(...args).map((t) => t.dataSync()));
         ours.forEach((values, k) => values.forEach((v, e) => { if (Math.abs(v - theirs[k][e]) > 1e-5) throw new Error(v + " " + theirs[k][e]); }));
         console.log("same");`,
      );
      assert.equal(status, 0, stderr);
      assert.match(stdout, /same/);
    }
  });

  const twoCores = process.platform === "linux" && availableParallelism() > 1;
  test("a worker may run on every core but the caller's", { skip: !twoCores }, () => {
    const { status, stdout, stderr } = runInChild(
      `await engine.startEngine({ backend: "tensorflow", threads: 2 });
       const f = engine.compile((ids, x) => x.matMul(x, false, true).mul(ids.toFloat().sum()), { device: "native" });
       f(tf.tensor1d([1, 2], "int32"), tf.ones([2, 3])).dataSync();
       const { readdirSync, readFileSync } = require("fs");
       for (const thread of readdirSync("/proc/self/task")) {
         const mask = /Cpus_allowed:\\s*(\\S+)/.exec(readFileSync("/proc/self/task/" + thread + "/status", "utf8"))[1];
         console.log([...mask.replaceAll(",", "")].map((digit) => parseInt(digit, 16).toString(2).replaceAll("0", "")).join("").length);
       }`,
    );
    assert.equal(status, 0, stderr);
    const cores = stdout.trim().split("\n").map(Number);
    assert.equal(cores.filter((count) => count === Math.max(...cores) - 1).length, 1, stdout);
  });

  test("all blocks are in chunks, in order, ever fewer in each, and enough chunks for all threads", () => {
    const sizes = fc.integer({ min: 1, max: 1000 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 64 }), (blocks, threads) => {
        const firsts = chunksOf(blocks, threads);
        const shares = firsts.slice(1).map((end, i) => end - firsts[i]!);
        assert.deepEqual([firsts[0], firsts.at(-1)], [0, blocks]);
        assert.ok(shares.every((share, i) => share > 0 && share <= (shares[i - 1] ?? blocks)));
        assert.ok(shares.length >= Math.min(blocks, threads));
        // While the last share is done, no thread waits longer than for one block.
        assert.ok(threads === 1 || shares.at(-1) === 1);
      }),
    );
  });

  test("runs are the same bit for bit, one after another and at once", async () => {
    const step = compile(
      (ids: T, x: T) => [
        tf
          .softmax(x.matMul(x, false, true))
          .sum(0)
          .mul(ids.toFloat().sum()),
      ],
      {
        device: "native",
      },
    );
    const args = [examples(32), numbers([32, 20], 5)] as const;
    const first = step(...args)[0]!.dataSync();
    const again = await Promise.all(Array.from({ length: 20 }, () => step.async(...args)));
    for (const [result] of again) assert.deepEqual(result!.dataSync(), first);
    tf.dispose([again, [...args]]);
    step.dispose();
  });

  test("arguments may be disposed while the program runs, and its results go to TensorFlow and back", async () => {
    const scale = compile((ids: T, x: T) => [x.matMul(x, false, true).mul(ids.toFloat().sum())], {
      device: "native",
    });
    const before = tf.memory() as tf.MemoryInfo & { numNativeBytes: number };
    const [ids, x] = [examples(400), tf.ones([400, 400])];
    const running = Array.from({ length: 8 }, () => scale.async(ids, x));
    tf.dispose([ids, x]);
    for (const [result] of await Promise.all(running)) {
      // Made natively, read by TensorFlow, and an argument again.
      const copy = result!.add(0);
      assert.equal(copy.dataSync()[0], 400 * 800);
      const ids = examples(400);
      const again = scale(ids, result!)[0]!;
      assert.ok(Math.abs(again.dataSync()[399]! / (400 * 320000 ** 2 * 800) - 1) < 1e-5);
      tf.dispose([result!, copy, ids, again]);
    }
    scale.dispose();
    assert.equal((tf.memory() as typeof before).numNativeBytes, before.numNativeBytes);
  });

  test("a disposed program's memory is free, and it can be compiled again", () => {
    const before = tf.memory().numTensors;
    for (let round = 0; round < 3; round++) {
      tf.tidy(() =>
        compare((ids: T, x: T) => [x.mul(ids.toFloat().reshape([8, 1]))], [examples(8), numbers([8, 3], 1)]),
      );
    }
    assert.equal(tf.memory().numTensors, before);
  });

  test("an index outside of its table is an error, not a crash", () => {
    tf.tidy(() => {
      const look = compile((ids: T, table: T) => tf.gather(table, ids as tf.Tensor1D), { device: "native" });
      const table = numbers([5, 3], 1);
      assert.equal(look(tf.tensor1d([0, 4], "int32"), table).size, 6);
      assert.throws(() => look(tf.tensor1d([0, 5], "int32"), table), /an index is outside of the table/);
      assert.throws(() => look(tf.tensor1d([-1, 0], "int32"), table), /an index is outside of the table/);
      look.dispose();
    });
  });

  test("what cannot be compiled says why; without being asked for, TensorFlow runs it", () => {
    tf.tidy(() => {
      const sums = (x: T) => x.cumsum();
      const x = tf.tensor1d([1, 2, 3]);
      assert.throws(
        () => compile(sums, { device: "native" })(x),
        /cannot be compiled natively: it uses Cumsum/,
      );
      assert.deepEqual([...compile(sums)(x).dataSync()], [1, 3, 6]);
    });
  });
});
