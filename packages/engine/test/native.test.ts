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
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { before, describe, test } from "node:test";
import fc from "fast-check";
import { tf } from "../src";
import { startEngine } from "../src/backend";
import { compile } from "../src/compile";
import { removeNoOps } from "../src/graph/passes/no-ops";
import { record } from "../src/graph/record";
import { NotNative } from "../src/native/not-native";
import { planGraph } from "../src/native/plan/plan-graph";
import { chunksOf } from "../src/native/schedule/blocks";
import { fuse, type Kernel } from "../src/native/schedule/fuse";
import { promoteToGlobal, storedBuffers } from "../src/native/schedule/memory-plan";
import { recompute } from "../src/native/schedule/recompute";
import { toolchain } from "../src/native/toolchain";
import { findTensorFlow } from "../src/tensorflow/find-library";
import { runInChild } from "./child";
import { asList, assertClose, differentiable, discrete, gradients, inputs, type T } from "./kernel-cases";

/** For tests that compile C. */
const needsCompiler = { skip: toolchain() === undefined && "no C compiler works here" };

type Function = (x: T, y: T, i: T) => T[];

/** All cases and their gradients; the first dimension of their whole numbers makes four examples of them. */
const cases: Record<string, Function> = {
  ...Object.fromEntries(
    Object.entries({ ...differentiable, ...discrete }).map(([name, fn]) => [
      name,
      (x: T, y: T, i: T) => asList(fn(x, y, i)),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(differentiable).map(([name, fn]) => [
      `gradient of ${name}`,
      (x: T, y: T, i: T) => gradients(fn, x, y, i),
    ]),
  ),
};

/** Why a function cannot be compiled natively; undefined where it can. */
function refusal(fn: Function): string | undefined {
  return tf.tidy(() => {
    const { graph } = record("case", inputs(), ([x, y, i]) => fn(x!, y!, i!));
    try {
      planGraph(graph, 2, 16);
      return undefined;
    } catch (error) {
      if (!(error instanceof NotNative)) throw error;
      return error.message;
    }
  });
}

/** Cuts a number to the digits of a bfloat16. */
const bfloat16 = (x: number) => bfloat16Of(bitsOf(x));
const bfloat16Of = (bits: number) => new Float32Array(new Uint32Array([bits & 0xffff0000]).buffer)[0]!;
const bitsOf = (x: number) => new Uint32Array(new Float32Array([x]).buffer)[0]!;

/** The bfloat16 nearest to a float32, of two equally near ones the even one. */
const nearestBfloat16 = (x: number) =>
  Number.isNaN(x) ? x : bfloat16Of(bitsOf(x) + 0x7fff + ((bitsOf(x) >>> 16) & 1));

describe("native programs", needsCompiler, () => {
  before(() => startEngine({ backend: "tensorflow" }));

  test("kernels and their gradients give what TensorFlow gives", () => {
    const known = Object.entries(cases).filter(([, fn]) => refusal(fn) === undefined);
    assert.ok(known.length >= 180, `only ${known.length} of ${Object.keys(cases).length} cases are known`);
    tf.tidy(() => {
      const args = inputs();
      // In one program, as each would cost a start of the C compiler.
      const all = compile((x: T, y: T, i: T) => known.map(([, fn]) => fn(x, y, i)), { device: "native" });
      const results = all(...args);
      for (const [k, [name, fn]] of known.entries()) assertClose(results[k]!, fn(...args), name);
      all.dispose();
    });
  });

  /** Runs a function natively, and in float32 in TensorFlow, on the same arguments. */
  function compare<A extends tf.Tensor[]>(fn: (...args: A) => T[], args: A, precision?: "bfloat16"): void {
    const ways = [{ device: "native", precision }, { device: "tensorflow" }] as const;
    const [ours, theirs] = ways.map((how) => {
      const compiled = compile(fn, how);
      const results = compiled(...args);
      compiled.dispose();
      return results;
    }) as [T[], T[]];
    const tolerance = precision === undefined ? 1e-4 : 0.02;
    ours.forEach((result, k) => {
      const [a, b] = [result, theirs[k]!].map((t) => t.dataSync()) as [Float32Array, Float32Array];
      const largest = Math.max(...b.map(Math.abs));
      const difference = Math.max(...a.map((value, e) => Math.abs(value - b[e]!)));
      assert.ok(
        difference <= tolerance * largest,
        `result ${k} differs by ${difference} where ${largest} is largest`,
      );
    });
  }

  const examples = (n: number) =>
    tf.tensor1d(
      Int32Array.from({ length: n }, (_, i) => i % 5),
      "int32",
    );
  const numbers = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 0.5, "float32", seed);

  for (const precision of [undefined, "bfloat16"] as const) {
    test(`sizes that fill no vector, no block and no pair, in ${precision ?? "float32"}`, () => {
      tf.tidy(() => {
        // 6 examples of 7 rows; 13, 5 and 33 are in no relation to a vector's length.
        const loss = (ids: T, x: T, w: T, v: T) => {
          const rows = x.mul(ids.toFloat().add(1).reshape([6, 1, 1])).reshape([42, 13]);
          const hidden = rows.matMul(w).reshape([6, 7, 33]);
          const out = hidden
            .mul(hidden.sigmoid())
            .reshape([42, 33])
            .matMul(v, false, true)
            .reshape([6, 7, 5]);
          // Scaled, as otherwise the digits that bfloat16 lacks decide which score is largest.
          const scores = out.matMul(out, false, true).mul(0.01).softmax();
          return scores
            .matMul(out.transpose([0, 1, 2]))
            .square()
            .mean(-1)
            .sum();
        };
        const step = (ids: T, x: T, w: T, v: T) => {
          const { value, grads } = tf.valueAndGrads((w: T, v: T) => loss(ids, x, w, v) as tf.Scalar)([w, v]);
          return [value, ...grads, w.sub(grads[0]!.mul(0.1))];
        };
        compare(
          step,
          [examples(6), numbers([6, 7, 13], 1), numbers([13, 33], 2), numbers([5, 33], 3)],
          precision,
        );
      });
    });
  }

  test("a sigmoid in bfloat16 is right to its last digit, at all sizes of its argument", () => {
    const sizes = Array.from({ length: 250 }, (_, i) => 1.05 ** (i - 90)).map(bfloat16);
    const values = [...sizes, ...sizes.map((x) => -x), 0, Infinity, -Infinity, NaN];
    // Enough for whole vectors, and not.
    for (const columns of [504, 501]) {
      const x = Float32Array.from({ length: 4 * columns }, (_, i) => values[i % values.length]!);
      // The product behind it is what it is rounded for.
      const rounded = compile((_ids: T, x: T, one: T) => tf.sigmoid(x.matMul(one)).matMul(one), {
        device: "native",
        precision: "bfloat16",
      });
      const args = [examples(4), tf.tensor(x, [4, columns, 1]), tf.ones([1, 1])] as const;
      const result = rounded(...args);
      result.dataSync().forEach((y, i) => {
        const exact = 1 / (1 + Math.exp(-x[i]!));
        const near = Number.isNaN(exact) ? Number.isNaN(y) : Math.abs(y - exact) <= exact / 256 + 2e-38;
        assert.ok(near, `sigmoid(${x[i]}) is ${exact}, not ${y}`);
      });
      tf.dispose([result, ...args]);
      rounded.dispose();
    }
  });

  test("transposed reads, whatever of them fills no tile", () => {
    tf.tidy(() => {
      for (const [rows, columns] of [
        [37, 21],
        [16, 40],
        [5, 7],
        [3, 300],
      ] as const) {
        const step = (ids: T, x: T) => {
          const swapped = x.mul(ids.toFloat().reshape([4, 1, 1])).transpose([0, 2, 1]);
          const scale = swapped.square().mean(-1, true).add(1).rsqrt();
          return [swapped, swapped.mul(scale).add(1), swapped.max(-1), swapped.toInt().mul(2)];
        };
        compare(step, [examples(4), numbers([4, rows, columns], 1)]);
      }
    });
  });

  test("what is cheap is computed again by its readers instead of kept in memory", () => {
    const step = (ids: T, gate: T, up: T, w: T) => {
      const scaled = gate.mul(ids.toFloat().reshape([4, 1]));
      const loss = (scaled: T, up: T, w: T) =>
        scaled.mul(scaled.sigmoid()).mul(up).matMul(w).square().sum() as tf.Scalar;
      return tf.valueAndGrads(loss)([scaled, up, w]).grads;
    };
    tf.tidy(() => {
      const args: [T, T, T, T] = [examples(4), numbers([4, 24], 1), numbers([4, 24], 2), numbers([24, 8], 3)];
      compare(step, args);
      const { graph } = record("step", args, ([ids, gate, up, w]) => step(ids!, gate!, up!, w!));
      const kernels = fuse(promoteToGlobal(planGraph(removeNoOps(graph), 2, 16)));
      const kept = (kernels: readonly Kernel[]) =>
        [...storedBuffers(kernels)].filter(({ space }) => space.kind === "local").length;
      const [before, after] = [kept(kernels), kept(recompute(kernels))];
      assert.ok(after <= before - 2, `${before} buffers without, ${after} with`);
    });
  });

  test("weights with as many rows as there are examples are not mistaken for a batch", () => {
    tf.tidy(() => {
      const step = (ids: T, x: T, w: T) => {
        const { value, grads } = tf.valueAndGrads(
          (w: T) =>
            x
              .mul(ids.toFloat().reshape([8, 1]))
              .matMul(w)
              .matMul(w, false, true)
              .tanh()
              .sum() as tf.Scalar,
        )([w]);
        return [value, grads[0]!, w.add(w.sum(0)).mul(grads[0]!)];
      };
      compare(step, [examples(8), numbers([8, 8], 1), numbers([8, 8], 2)]);
    });
  });

  test("what is computed from sums over the batch is read again by the examples", () => {
    tf.tidy(() => {
      const centred = (ids: T, x: T) => {
        const weighted = x.mul(ids.toFloat().reshape([16, 1]));
        const rest = weighted.sub(weighted.mean(0));
        return [rest, rest.square().sum(0), rest.div(rest.square().mean()).sum(1)];
      };
      compare(centred, [examples(16), numbers([16, 6], 1)]);
    });
  });

  test("sums to which examples add before and after another sum is known stay whole", () => {
    tf.tidy(() => {
      const step = (ids: T, x: T, w: T) => {
        const rows = x.mul(ids.toFloat().reshape([16, 1]));
        const loss = (w: T) => {
          const hidden = rows.matMul(w);
          return hidden
            .square()
            .sum()
            .add(hidden.mul(hidden.mean(0)).tanh().sum()) as tf.Scalar;
        };
        const { value, grads } = tf.valueAndGrads(loss)([w]);
        return [value, grads[0]!];
      };
      compare(step, [examples(16), numbers([16, 6], 1), numbers([6, 5], 2)]);
    });
  });

  test("the same sum over the batch serves two readers", () => {
    tf.tidy(() => {
      const twice = (ids: T, x: T) => {
        const sum = x.mul(ids.toFloat().reshape([16, 1])).sum(0);
        const other = x.sum(0);
        return [sum.add(other), sum, sum.mul(2).concat(sum)];
      };
      compare(twice, [examples(16), numbers([16, 6], 1)]);
    });
  });

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

  test("blocks are shared completely, in order, ever fewer at a time, and by all threads", () => {
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

  test("a disposed program's memory is free, and it can be compiled anew", () => {
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

  test("programs are kept, one is made only once, and a damaged one anew", () => {
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
    { PATH: onlyNode, TFJS_COMPILE_NATIVE_CACHE: join(onlyNode, "cache") },
  );
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^clang version/);
  assert.ok(
    !readdirSync(tmpdir()).some((name) => name.startsWith("tfjs-compile-zig")),
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
