import assert from "node:assert/strict";
import { test } from "node:test";
import { tf } from "../src";

export type T = tf.Tensor;

export const numbers = (tensor: T) => Array.from(tensor.dataSync() as Float32Array);

export function assertClose(actual: T, expected: T, tolerance = 1e-5) {
  assert.deepEqual(actual.shape, expected.shape);
  const [a, b] = [numbers(actual), numbers(expected)];
  a.forEach((value, i) => {
    assert.ok(Math.abs(value - b[i]!) <= tolerance, `element ${i}: ${value}, expected ${b[i]}`);
  });
}

/** Runs a test and checks that it leaves no tensor behind. */
export const clean = (name: string, body: () => void) =>
  test(name, () => {
    const before = tf.memory().numTensors;
    tf.tidy(body);
    assert.equal(tf.memory().numTensors, before, "tensors are left over");
  });
