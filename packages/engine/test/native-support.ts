/** Helpers for the tests of native programs. */
import assert from "node:assert/strict";
import { tf } from "../src";
import { compile } from "../src/compile";
import { toolchain } from "../src/native/toolchain";
import type { T } from "./kernel-cases";

/** For tests that compile C. */
export const needsCompiler = { skip: toolchain() === undefined && "no C compiler works here" };

/** Compares the results of a native program with those of TensorFlow in float32, on the same arguments. */
export function compare<A extends tf.Tensor[]>(
  fn: (...args: A) => T[],
  args: A,
  precision?: "bfloat16",
): void {
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

/** Small integers, one for each of n examples. */
export const examples = (n: number) =>
  tf.tensor1d(
    Int32Array.from({ length: n }, (_, i) => i % 5),
    "int32",
  );

/** Random numbers. */
export const numbers = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 0.5, "float32", seed);

/** Cuts a number to the digits of a bfloat16. */
export const bfloat16 = (x: number) => bfloat16Of(bitsOf(x));
const bfloat16Of = (bits: number) => new Float32Array(new Uint32Array([bits & 0xffff0000]).buffer)[0]!;
const bitsOf = (x: number) => new Uint32Array(new Float32Array([x]).buffer)[0]!;

/** The bfloat16 nearest to a float32, of two equally near ones the even one. */
export const nearestBfloat16 = (x: number) =>
  Number.isNaN(x) ? x : bfloat16Of(bitsOf(x) + 0x7fff + ((bitsOf(x) >>> 16) & 1));
