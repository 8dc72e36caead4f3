import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { tf } from "../src";
import { startEngine } from "../src/backend";
import { compile } from "../src/compile";
import { runningPjrt } from "../src/pjrt/engine";
import {
  asList,
  assertClose,
  type Case,
  differentiable,
  discrete,
  gradients,
  inputs,
  type T,
} from "./kernel-cases";
import { needsPlugin } from "./pjrt";

/** Cases with an operation that has no StableHLO: images, complex numbers, text and others that are rare in training. */
const notLowered = new Set([
  "mirrorPad",
  "conv2d",
  "conv2d, stride 2",
  "depthwiseConv2d",
  "maxPool",
  "avgPool",
  "resizeBilinear",
  "resizeNearestNeighbor",
  "batchNorm",
  "localResponseNormalization",
  "spaceToBatchND",
  "einsum",
  "topk",
  "sparseToDense",
  "bincount",
  "complex numbers",
  "a complex result",
  "depthToSpace",
  "batchToSpaceND",
  "cropAndResize",
  "dilation2d",
  "conv3d",
  "pooling in 3 dimensions",
  "string constants",
]);

const lowered = (cases: Record<string, Case>) =>
  Object.entries(cases).filter(([name]) => !notLowered.has(name));

describe("StableHLO on a PJRT device equals TensorFlow", needsPlugin, () => {
  before(async () => {
    await startEngine({ backend: "tensorflow" });
  });
  after(() => assert.equal(runningPjrt()?.tensors.memory().tensors, 0));

  /** The function on the device against the same function in TensorFlow, op by op. */
  function compare(name: string, fn: (x: T, y: T, i: T) => T[]): void {
    tf.tidy(() => {
      const args = inputs();
      const compiled = compile(fn, { name, device: "pjrt" });
      assertClose(compiled(...args), fn(...args), name);
      compiled.dispose();
    });
  }

  describe("results", () => {
    for (const [name, fn] of lowered({ ...differentiable, ...discrete })) {
      test(name, () => compare(name, (x, y, i) => asList(fn(x, y, i))));
    }
  });

  describe("gradients", () => {
    for (const [name, fn] of lowered(differentiable)) {
      test(name, () => compare(name, (x, y, i) => gradients(fn, x, y, i)));
    }
  });

  describe("more shapes", () => {
    const cases: Record<string, (x: T, y: T, i: T) => T[]> = {
      "one matrix for a stack of matrices, on either side": (x, y) => {
        const [stack, single] = [x.reshape([2, 2, 3]), y.slice([0, 0], [3, 3]).reshape([1, 3, 3])];
        return [
          stack.matMul(single),
          stack.matMul(single, false, true),
          single.matMul(stack, false, true),
          single.matMul(stack.transpose([0, 2, 1]), true),
        ];
      },
      "softmax over a masked axis": (x) => [tf.softmax(tf.where(x.greater(0.5), x, tf.fill([4, 3], -1e9)))],
      "argMax among equal numbers, infinities and whole numbers": (x, _, i) => [
        i.argMax(0),
        i.neg().argMin(1),
        x.mul(0).argMax(1),
        x.mul(0).log().argMax(1),
      ],
      "running sums over every axis": (x) => [x.cumsum(0), x.cumsum(1, true), x.cumsum(0, false, true)],
      "division and remainder of negative whole numbers": (_, __, i) => [
        i.sub(3).floorDiv(tf.scalar(2, "int32")),
        i.sub(3).mod(tf.scalar(2, "int32")),
        i.add(1).floorDiv(tf.scalar(-2, "int32")),
      ],
      "gather with a stack of indices, per row": (x, _, i) => [
        tf.gather(x, i, 1, 1),
        tf.gather(x, i.reshape([2, 6]), 0),
      ],
      "rows picked, then a scalar": (x) => [
        x.slice([2, 0], [1, 3]).reshape([3]),
        x.slice([1, 1], [1, 1]).reshape([]),
      ],
      "tensors without elements": (x) => [x.slice([0, 0], [0, 3]), x.slice([0, 0], [0, 3]).sum(0)],
      "a large table made inside": (x) => {
        const table = Float32Array.from({ length: 5000 }, (_, k) => Math.sin(k));
        return [
          tf
            .tensor2d(table, [5000, 1])
            .mul(x.slice([0, 0], [1, 3]))
            .sum(0),
        ];
      },
      "an infinity, a negative zero and the smallest number": (x) => [
        x.mul(0).add(tf.tensor1d([Number.POSITIVE_INFINITY, -0, 1e-45])),
      ],
    };
    for (const [name, fn] of Object.entries(cases)) test(name, () => compare(name, fn));
  });

  test("bfloat16 products keep float32 results close", () => {
    tf.tidy(() => {
      const args = inputs();
      const fn = (x: T, y: T) => [x.matMul(y, false, true).add(1).log(), x.matMul(y, false, true).sum()];
      const compiled = compile(fn, { device: "pjrt", precision: "bfloat16" });
      const inTensorFlow = compile(fn, { precision: "bfloat16" });
      const [ours, theirs, exact] = [compiled, inTensorFlow, fn].map((f) =>
        f(args[0], args[1]).map((t) => t.dataSync()),
      );
      ours!.forEach((values, k) => {
        values.forEach((value, e) => {
          assert.ok(
            Math.abs(value - theirs![k]![e]!) <= 1e-2 * Math.abs(value),
            "differs from TensorFlow's bfloat16",
          );
          assert.ok(Math.abs(value - exact![k]![e]!) <= 1e-2 * Math.abs(value), "differs from float32");
        });
      });
      assert.notDeepEqual(ours, exact, "nothing was computed in bfloat16");
      compiled.dispose();
      inTensorFlow.dispose();
    });
  });

  test("an operation without StableHLO is an error that names it", () => {
    for (const [name, fn] of Object.entries({ ...differentiable, ...discrete })) {
      if (!notLowered.has(name)) continue;
      tf.tidy(() => {
        const compiled = compile((x: T, y: T, i: T) => asList(fn(x, y, i)), { name, device: "pjrt" });
        assert.throws(
          () => compiled(...inputs()),
          /there is no StableHLO for this operation|cannot be part of a program/,
        );
        compiled.dispose();
      });
    }
  });
});
