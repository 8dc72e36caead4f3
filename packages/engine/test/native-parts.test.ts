import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { compile, onCompiling, startEngine, tf } from "../src";
import { inParts } from "../src/native/emit/parts";
import { toolchain } from "../src/native/toolchain";
import { runInChild } from "./child";
import { needsCompiler } from "./native-support";

/** Products of different sizes, a lookup that can fail, and a sum over the batch: enough for parts. */
const manyProducts = `(ids, x, table) => {
  let y = x.add(tf.gather(table, ids));
  for (const width of [8, 16, 24, 32, 40, 48, 56, 64, 72, 80])
    y = y.matMul(tf.range(0, y.shape[1] * width).mul(0.37).sin().reshape([y.shape[1], width])).tanh();
  return [y, y.mul(y).sum(0)];
}`;

test("a program's parts hold each function once, and declare those of others", () => {
  const product = (i: number) => `KERNEL k${i}(float *c) {\ngemm_f32(${i}, 2, 3);\n}`;
  const few = inParts([product(0), product(1)], "rest\n");
  assert.deepEqual(few, { text: `${product(0)}\n\n${product(1)}\n\nrest\n`, parts: 1 });
  const functions = Array.from({ length: 12 }, (_, i) => product(i));
  const { text, parts } = inParts(functions, "rest\n");
  assert.equal(parts, 2);
  const [first, second, rest] = text.split("#if ").slice(1) as [string, string, string];
  for (const [i, definition] of functions.entries()) {
    const [own, other] = first.includes(definition) ? [first, second] : [second, first];
    assert.equal(text.split(definition).length, 2, `k${i} is defined once`);
    assert.ok(own.split("#else")[1]!.includes(`KERNEL k${i}(float *c);`), `k${i} is declared elsewhere`);
    assert.ok(!other.includes(`k${i}(`));
  }
  assert.match(rest, /^IN_PART\(0\)\nrest\n#endif/);
});

describe("a program in parts", needsCompiler, () => {
  const folder = mkdtempSync(join(tmpdir(), "tfjs-compile-parts-"));
  const given = process.env.TFJS_COMPILE_NATIVE_CACHE;
  const fn = new Function("tf", `return ${manyProducts}`)(tf) as (...args: tf.Tensor[]) => tf.Tensor[];
  const make = () => compile(fn, { device: "native", batch: [0, 1], name: "manyProducts" });
  let args: tf.Tensor[];

  /** Takes a cache that is empty. */
  function newCache(name: string): string {
    process.env.TFJS_COMPILE_NATIVE_CACHE = join(folder, name);
    mkdirSync(join(folder, name));
    return join(folder, name);
  }

  before(async () => {
    await startEngine({ backend: "tensorflow" });
    args = [tf.tensor1d([3, 1, 0, 2], "int32"), tf.range(0, 28).sin().reshape([4, 7]), tf.ones([4, 7])];
  });
  after(() => {
    if (given === undefined) delete process.env.TFJS_COMPILE_NATIVE_CACHE;
    else process.env.TFJS_COMPILE_NATIVE_CACHE = given;
    rmSync(folder, { recursive: true });
  });

  test("computes what it computes in one, and leaves nothing else, also when an equal one is made meanwhile", async () => {
    const cache = newCache("parts");
    process.env.TFJS_COMPILE_KEEP_C = "1";
    const both = [make(), make()];
    const results = await Promise.all(both.map((f) => f.async(...args)));
    delete process.env.TFJS_COMPILE_KEEP_C;
    const names = readdirSync(cache).filter((name) => !name.startsWith("zig"));
    assert.deepEqual([...new Set(names.map((name) => name.split(".")[1]))].sort(), ["c", "so"]);
    const text = readFileSync(join(cache, names.find((name) => name.endsWith(".c"))!), "utf8");
    assert.match(text, /#if IN_PART\(1\)/);
    newCache("whole");
    const whole = make();
    const expected = whole(...args).map((y) => y.dataSync());
    for (const result of results) {
      assert.deepEqual(
        result.map((y) => y.dataSync()),
        expected,
      );
    }
    const outside = tf.tensor1d([3, 1, 4, 2], "int32");
    await assert.rejects(both[0]!.async(outside, ...args.slice(1)), /outside of the table/);
    for (const f of [...both, whole]) f.dispose();
  });

  test("leaves nothing when it is aborted", async () => {
    const cache = newCache("aborted");
    const controller = new AbortController();
    const stop = onCompiling((running) => {
      if (running.length > 0) setTimeout(() => controller.abort(new Error("enough")), 300);
    });
    const f = make();
    await assert.rejects(f.run(args, { signal: controller.signal }), /enough/);
    stop();
    assert.deepEqual(
      readdirSync(cache).filter((name) => !name.startsWith("zig")),
      [],
    );
    f.dispose();
  });

  const skip = availableParallelism() === 1 && "one core compiles all parts together";
  test("names the compiler and what it said when one part fails", { skip }, () => {
    const cache = newCache("failed");
    const { command, flags } = toolchain()!;
    const CC = join(folder, "refuses");
    const calls = [command, ...flags.filter((flag) => flag === "cc")].join(" ");
    const refuses = 'case "$*" in *-DCOMPILER=1*) echo a mistake >&2; exit 1;; esac';
    writeFileSync(CC, `#!/bin/sh\n${refuses}\nexec ${calls} "$@" -O0\n`, { mode: 0o755 });
    const { status, stdout, stderr } = runInChild(
      `await engine.startEngine({ backend: "tensorflow", threads: 2 });
       const f = engine.compile(${manyProducts}, { batch: [0, 1], device: "native" });
       await f.async(tf.tensor1d([1, 0], "int32"), tf.ones([2, 7]), tf.ones([2, 7])).catch((error) => console.log(error.message));`,
      { CC },
    );
    assert.equal(status, 0, stderr);
    assert.match(stdout, /refuses made no program of it/);
    assert.match(
      stderr,
      /refuses made no program of compile\(\)'s, which TensorFlow runs instead: a mistake/,
    );
    assert.deepEqual(readdirSync(cache), []);
  });
});
