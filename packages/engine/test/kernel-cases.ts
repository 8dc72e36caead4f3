/** Small uses of tfjs's kernels, for whoever has to show that two ways of computing them agree. */
import assert from "node:assert/strict";
import { tf } from "../src";

export type T = tf.Tensor;
export type Case = (x: T, y: T, i: T) => T | T[];

/** Inputs of all cases: x in (0, 1), y in (1, 2), i whole numbers from 0 to 2; 4 x 3 each. */
export function inputs(): [T, T, T] {
  const numbers = (from: number, to: number) =>
    Array.from({ length: 12 }, (_, k) => from + (to - from) * ((0.37 * (k + 1)) % 1));
  return [
    tf.tensor2d(numbers(0.05, 0.95), [4, 3]),
    tf.tensor2d(numbers(1.1, 1.9).reverse(), [4, 3]),
    tf.tensor2d([0, 1, 2, 2, 1, 0, 1, 1, 2, 0, 2, 1], [4, 3], "int32"),
  ];
}

const row = (i: T) => i.slice([0, 0], [1, -1]).flatten() as tf.Tensor1D;
const image = (x: T) =>
  tf
    .concat([x, x.square(), x.mul(2)], 0)
    .flatten()
    .slice(0, 32)
    .reshape([1, 4, 4, 2]) as tf.Tensor4D;
const filter = (y: T) => y.flatten().slice(0, 8).reshape([2, 2, 2, 1]) as tf.Tensor4D;

/** Kernels whose gradients are compared, too. */
export const differentiable: Record<string, Case> = {
  add: (x, y) => x.add(y),
  "add, broadcast": (x, y) => x.add(y.slice([0, 0], [1, 3])),
  "add, one element to a row": (x, y) => x.slice([0, 0], [1, 1]).add(y.slice([0, 0], [1, 3])),
  addN: (x, y) => tf.addN([x, y, x]),
  sub: (x, y) => x.sub(y),
  mul: (x, y) => x.mul(y),
  div: (x, y) => x.div(y),
  neg: (x) => x.neg(),
  square: (x) => x.square(),
  squaredDifference: (x, y) => x.squaredDifference(y),
  sqrt: (x) => x.sqrt(),
  rsqrt: (x) => x.rsqrt(),
  reciprocal: (x) => x.reciprocal(),
  pow: (x, y) => x.pow(y),
  exp: (x) => x.exp(),
  expm1: (x) => x.expm1(),
  log: (x) => x.log(),
  log1p: (x) => x.log1p(),
  sigmoid: (x) => x.sigmoid(),
  logSigmoid: (x) => x.logSigmoid(),
  softplus: (x) => x.softplus(),
  tanh: (x) => x.tanh(),
  sin: (x) => x.sin(),
  cos: (x) => x.cos(),
  tan: (x) => x.tan(),
  asin: (x) => x.asin(),
  acos: (x) => x.acos(),
  sinh: (x) => x.sinh(),
  cosh: (x) => x.cosh(),
  asinh: (x) => x.asinh(),
  acosh: (_, y) => y.acosh(),
  atanh: (x) => x.atanh(),
  atan: (x) => x.atan(),
  atan2: (x, y) => tf.atan2(x, y),
  erf: (x) => x.erf(),
  abs: (x) => x.sub(0.5).abs(),
  sign: (x) => x.sub(0.5).sign(),
  floor: (x) => x.mul(3).floor(),
  ceil: (x) => x.mul(3).ceil(),
  round: (x) => x.mul(3).round(),
  relu: (x) => x.sub(0.5).relu(),
  relu6: (x) => x.mul(8).relu6(),
  leakyRelu: (x) => x.sub(0.5).leakyRelu(0.1),
  prelu: (x, y) => x.sub(0.5).prelu(y),
  elu: (x) => x.sub(0.5).elu(),
  selu: (x) => x.sub(0.5).selu(),
  step: (x) => x.sub(0.5).step(0.3),
  clipByValue: (x) => x.clipByValue(0.3, 0.6),
  maximum: (x, y) => x.mul(2).maximum(y),
  minimum: (x, y) => x.mul(2).minimum(y),
  mod: (x, y) => y.mod(x),
  where: (x, y, i) => tf.where(i.greater(1), x, y),
  "where, broadcast": (x, y) => tf.where(tf.tensor1d([1, 0, 1], "bool"), x, y),
  cast: (x) => x.cast("int32").cast("float32").add(x),
  matMul: (x, y) => x.matMul(y, false, true),
  "matMul, transposed": (x, y) => x.matMul(y, true, false),
  "matMul, batched": (x, y) => x.reshape([2, 2, 3]).matMul(y.reshape([2, 3, 2])),
  "matMul, broadcast": (x, y) => x.reshape([2, 2, 3]).matMul(y.reshape([1, 3, 4]).tile([2, 1, 1])),
  dot: (x, y) => tf.dot(x.slice([0, 0], [1, 3]).flatten(), y.slice([0, 0], [1, 3]).flatten()),
  outerProduct: (x, y) => tf.outerProduct(row(x), row(y)),
  "fused matMul": (x, y) =>
    tf.fused.matMul({
      a: x as tf.Tensor2D,
      b: y as tf.Tensor2D,
      transposeB: true,
      bias: tf.ones([4]),
      activation: "relu",
    }),
  sum: (x) => x.sum(),
  "sum of an axis": (x) => x.sum(1),
  "sum, kept": (x) => x.sum(-1, true),
  mean: (x) => x.mean(0),
  prod: (x) => x.prod(1),
  max: (x) => x.max(1),
  min: (x) => x.min(0, true),
  norm: (x) => x.norm("euclidean", 1),
  logSumExp: (x) => x.logSumExp(1),
  moments: (x) => Object.values(tf.moments(x, 1)),
  softmax: (x) => x.softmax(),
  logSoftmax: (x) => x.logSoftmax(),
  cumsum: (x) => x.cumsum(1),
  gather: (x, _, i) => x.gather(row(i)),
  "gather of an axis": (x, _, i) => x.gather(i, 1),
  "gather by a constant": (x) => x.gather([2, 0, 2]),
  unsortedSegmentSum: (x) => tf.unsortedSegmentSum(x, tf.tensor1d([0, 2, 0, 1], "int32"), 4),
  concat: (x, y) => tf.concat([x, y, x], 1),
  stack: (x, y) => tf.stack([x, y], 1),
  unstack: (x) => tf.unstack(x, 1),
  split: (x) => tf.split(x, [1, 2], 1),
  "split in equal parts": (x) => tf.split(x, 2, 0),
  slice: (x) => x.slice([1, 1], [2, -1]),
  reshape: (x) => x.reshape([2, -1]),
  flatten: (x) => x.flatten(),
  transpose: (x) => x.transpose(),
  "transpose of four axes": (x) => x.reshape([2, 2, 3, 1]).transpose([0, 2, 1, 3]),
  expandDims: (x) => x.expandDims(1),
  squeeze: (x) => x.expandDims(0).squeeze(),
  tile: (x) => x.tile([2, 3]),
  pad: (x) =>
    x.pad(
      [
        [1, 0],
        [2, 1],
      ],
      0.5,
    ),
  mirrorPad: (x) =>
    tf.mirrorPad(
      x,
      [
        [1, 1],
        [0, 2],
      ],
      "reflect",
    ),
  reverse: (x) => x.reverse(1),
  broadcastTo: (x) => x.slice([0, 0], [1, 3]).broadcastTo([4, 3]),
  oneHot: (x, _, i) => tf.oneHot(row(i), 3).cast("float32").matMul(x.transpose()),
  clone: (x) => x.clone().add(1),
  conv2d: (x, y) => tf.conv2d(image(x), filter(y), 1, "same"),
  "conv2d, stride 2": (x, y) => tf.conv2d(image(x), filter(y), 2, "valid"),
  depthwiseConv2d: (x, y) => tf.depthwiseConv2d(image(x), filter(y), 1, "valid"),
  maxPool: (x) => tf.maxPool(image(x), 2, 2, "valid"),
  avgPool: (x) => tf.avgPool(image(x), 3, 1, "same"),
  resizeBilinear: (x) => tf.image.resizeBilinear(image(x), [3, 6]),
  resizeNearestNeighbor: (x) => tf.image.resizeNearestNeighbor(image(x), [2, 8]),
  batchNorm: (x, y) =>
    tf.batchNorm(image(x), row(y).slice(0, 2), tf.tensor1d([1, 2]), row(x).slice(0, 2), tf.tensor1d([2, 1])),
  localResponseNormalization: (x) => tf.localResponseNormalization(image(x), 1),
  spaceToBatchND: (x) =>
    tf.spaceToBatchND(
      image(x),
      [2, 2],
      [
        [0, 0],
        [0, 2],
      ],
    ),
  "cosine of the angle between rows": (x, y) =>
    x
      .mul(y)
      .sum(1)
      .div(x.norm(2, 1).mul(y.norm(2, 1))),
};

/** Kernels without a gradient in tfjs (or a broken one: cumsum along another axis than the last), or with whole numbers and booleans as results. */
export const discrete: Record<string, Case> = {
  divNoNan: (x, y) => x.divNoNan(y),
  "cumsum, exclusive, reverse": (x) => x.cumsum(0, true, true),
  gatherND: (x) =>
    tf.gatherND(
      x,
      tf.tensor2d(
        [
          [0, 1],
          [3, 2],
        ],
        [2, 2],
        "int32",
      ),
    ),
  stridedSlice: (x) => x.stridedSlice([0, 2], [4, 0], [2, -1]),
  einsum: (x, y) => tf.einsum("ij,kj->ik", x, y),
  diag: (x) => tf.diag(x.slice([0, 0], [1, 3]).flatten()),
  comparisons: (x, y, i) => [
    i.equal(1),
    i.notEqual(1),
    x.less(y),
    x.lessEqual(0.5),
    x.greater(0.5),
    y.greaterEqual(x),
  ],
  "logical operations": (x, _, i) => {
    const [a, b] = [x.greater(0.5), i.equal(1)];
    return [a.logicalAnd(b), a.logicalOr(b), a.logicalXor(b), a.logicalNot()];
  },
  casts: (x, _, i) => [
    x.mul(5).cast("int32"),
    i.cast("bool"),
    i.cast("float32"),
    x.greater(0.5).cast("int32"),
  ],
  argMax: (x) => x.argMax(1),
  argMin: (x) => x.argMin(0),
  any: (_, __, i) => i.equal(2).any(1),
  all: (_, __, i) => i.less(2).all(0, true),
  "sum of whole numbers": (_, __, i) => i.sum(1),
  "mean of whole numbers": (_, __, i) => i.mean(),
  "arithmetic of whole numbers": (_, __, i) => [
    i.add(i),
    i.mul(2),
    i.floorDiv(2),
    i.mod(2),
    i.sub(i),
    i.maximum(1),
  ],
  oneHot: (_, __, i) => [tf.oneHot(i, 3), tf.oneHot(i, 4, 5, -1)],
  topk: (x) => Object.values(tf.topk(x, 2)),
  cumprod: (x) => tf.cumprod(x, 1),
  "made inside": (x) => [
    tf.range(0, 5),
    tf.range(5, 0, -2, "int32"),
    tf.linspace(0, 1, 5),
    tf.fill([2, 3], 7),
    tf.zeros([2, 2]),
    tf.ones([3]),
    tf.eye(3),
    tf.zerosLike(x),
    tf.onesLike(x),
    tf.scalar(2),
    tf.tensor1d([1, 2, 3]),
    tf.zeros([2], "bool"),
  ],
  isNaN: (x) => [x.log().neg().sqrt().isNaN(), x.isInf(), x.isFinite()],
  scatterND: (x) => tf.scatterND(tf.tensor2d([[4], [1]], [2, 1], "int32"), x.slice([0, 0], [2, 3]), [6, 3]),
  tensorScatterUpdate: (x) =>
    tf.tensorScatterUpdate(x, tf.tensor2d([[2], [0]], [2, 1], "int32"), tf.ones([2, 3])),
  sparseToDense: (x) => tf.sparseToDense(tf.tensor1d([1, 3], "int32"), row(x).slice(0, 2), [5], 0),
  bincount: (_, __, i) => tf.bincount(row(i), tf.tensor1d([]), 4),
  "complex numbers": (x, y) => {
    const z = tf.complex(x, y);
    return [tf.real(z), tf.imag(z), tf.abs(z), tf.real(tf.fft(z)), tf.imag(tf.ifft(z))];
  },
  "a complex result": (x, y) => tf.complex(x, y),
  depthToSpace: (x) => tf.depthToSpace(x.flatten().slice(0, 8).reshape([1, 1, 2, 4]) as tf.Tensor4D, 2),
  batchToSpaceND: (x) =>
    tf.batchToSpaceND(
      x.flatten().slice(0, 8).reshape([4, 1, 2, 1]),
      [2, 2],
      [
        [0, 0],
        [1, 0],
      ],
    ),
  cropAndResize: (x) =>
    tf.image.cropAndResize(image(x), tf.tensor2d([[0, 0, 0.5, 0.5]]), tf.tensor1d([0], "int32"), [3, 2]),
  flipLeftRight: (x) => tf.image.flipLeftRight(image(x)),
  dilation2d: (x, y) =>
    tf.dilation2d(image(x), y.flatten().slice(0, 8).reshape([2, 2, 2]) as tf.Tensor3D, 1, "valid"),
  conv3d: (x, y) =>
    tf.conv3d(
      image(x).reshape([1, 4, 4, 2, 1]) as tf.Tensor5D,
      filter(y).reshape([2, 2, 2, 1, 1]) as tf.Tensor5D,
      1,
      "same",
    ),
  "pooling in 3 dimensions": (x) => {
    const volume = image(x).reshape([1, 4, 4, 2, 1]) as tf.Tensor5D;
    return [tf.maxPool3d(volume, 2, 1, "valid"), tf.avgPool3d(volume, 2, 2, "same")];
  },
  "strided slice with masks": (x) => [
    tf.stridedSlice(x, [1, 0], [0, 2], [1, 1], 0, 1),
    tf.stridedSlice(x, [1], [2], [1], 0, 0, 0, 0, 1),
    tf.stridedSlice(x, [0, 0, 1], [0, 0, 2], [1, 1, 1], 0, 0, 1, 2, 0),
  ],
  "strided slice between positions outside": (x) => [
    tf.stridedSlice(x, [-10, 10], [2, -10], [1, -2]),
    tf.stridedSlice(x, [9, -2], [-9, 9], [-1, 1]),
  ],
  "string constants": () => tf.tensor1d(["a", "longer than twenty-four bytes, so stored apart"]),
};

export const asList = (result: T | T[]) => (Array.isArray(result) ? result : [result]);

export function assertClose(actual: T[], expected: T[], what: string) {
  assert.equal(actual.length, expected.length);
  actual.forEach((tensor, k) => {
    const other = expected[k]!;
    assert.deepEqual(tensor.shape, other.shape, `${what}: shape of result ${k}`);
    assert.equal(tensor.dtype, other.dtype, `${what}: dtype of result ${k}`);
    const [a, b] = [tensor.dataSync(), other.dataSync()];
    for (let e = 0; e < b.length; e++) {
      const [p, q] = [a[e] as number, b[e] as number];
      if (typeof q === "number") {
        const close = Object.is(p, q) || p === q || Math.abs(p - q) <= 1e-5 * Math.max(1, Math.abs(q));
        assert.ok(close, `${what}: result ${k}, element ${e}: ${p}, expected ${q}`);
      } else assert.equal(p, q);
    }
  });
}

/** Gradients with respect to x and y of a weighted sum over everything the case returns. */
export function gradients(fn: Case, x: T, y: T, i: T): T[] {
  const loss = (x: T, y: T) =>
    tf
      .addN(
        asList(fn(x, y, i)).map((result, k) =>
          result.mul(tf.linspace(0.5, 1.5 + k, result.size).reshape(result.shape)).sum(),
        ),
      )
      .add(x.sum().mul(0.1))
      .add(y.sum().mul(0.1))
      .asScalar();
  return tf.grads(loss)([x, y]);
}
