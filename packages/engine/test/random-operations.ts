/** Random calls of each kind of operation that compiled functions know. */
import { tf } from "../src";
import type { T } from "./kernel-cases";
import type { Chance, DType, Input, RandomCall } from "./random-calls";

type Make = (c: Chance) => RandomCall;
type Run = RandomCall["run"];

const call = (text: string, inputs: readonly Input[], run: Run): RandomCall => ({ text, inputs, run });
const list = (values: readonly unknown[]) => `[${values.join(",")}]`;

/** One of tfjs's functions by its name. */
const named = (name: string) => (tf as unknown as Record<string, (...args: unknown[]) => T>)[name]!;

/** A call of one of these functions, with one argument and these options behind it. */
const unary =
  (
    names: readonly string[],
    dtypes: readonly DType[],
    minRank: number,
    options: (c: Chance, rank: number) => unknown[],
  ): Make =>
  (c) => {
    const [name, x] = [c.of(names), c.input(c.shape(minRank), dtypes)];
    const more = options(c, x.shape.length);
    return call(`${name}(${JSON.stringify(more).slice(1, -1)})`, [x], (x) => named(name)(x, ...more));
  };

const binary =
  (names: readonly string[], dtypes: readonly DType[], prepare = (b: T) => b): Make =>
  (c) => {
    const name = c.of(names);
    const [a, b] = c.broadcastable(2);
    const dtype = c.of(dtypes);
    return call(`${name}()`, [c.input(a!, [dtype]), c.input(b!, [dtype])], (a, b) =>
      named(name)(a, prepare(b!)),
    );
  };

const none = () => [];
const axesAndKeep = (c: Chance, rank: number) => [c.axes(rank), c.coin()];
const axisOnly = (c: Chance, rank: number) => [c.axis(rank)];
const words = (text: string) => text.split(" ");

/** By what they are about. */
export const operations: Readonly<Record<string, Make>> = {
  slice(c) {
    const x = c.input(c.shape(1));
    const begin = x.shape.map((size) => c.int(0, c.once(20) ? size + 1 : Math.max(0, size - 1)));
    const size = x.shape.map((size, i) => {
      const rest = Math.max(0, size - begin[i]!);
      return c.once(4) ? -1 : c.int(c.once(20) ? 0 : Math.min(1, rest), c.once(20) ? rest + 1 : rest);
    });
    return call(`slice(${list(begin)}, ${list(size)})`, [x], (x) => tf.slice(x, begin, size));
  },
  stridedSlice(c) {
    const x = c.input(c.shape(1));
    const entries = c.int(0, x.shape.length + 2);
    const mask = (times: number) => (c.once(times) ? c.int(0, 2 ** entries - 1) : 0);
    const [begin, end] = [c.ints(entries, -8, 8), c.ints(entries, -8, 8)];
    const strides = c.ints(entries, 1, 3).map((size) => (c.once(60) ? 0 : c.once(3) ? -size : size));
    const masks = [mask(2), mask(2), mask(3), mask(3), mask(4)] as const;
    return call(`stridedSlice(${list(begin)}, ${list(end)}, ${list(strides)}, ${masks})`, [x], (x) =>
      tf.stridedSlice(x, begin, end, strides, ...masks),
    );
  },
  split(c) {
    const x = c.input(c.shape(1));
    const axis = c.axis(x.shape.length);
    const extent = x.shape.at(axis) ?? 1;
    const first = c.int(0, extent);
    const sizes = [first, c.once(20) ? extent : extent - first];
    return call(`split(${list(sizes)}, ${axis})`, [x], (x) => tf.split(x, sizes, axis));
  },
  unstack(c) {
    const x = c.input(c.shape(1));
    const axis = c.axis(x.shape.length);
    return call(`unstack(${axis})`, [x], (x) => tf.unstack(x, axis));
  },
  reverse: unary(["reverse"], ["float32", "int32", "bool"], 1, (c, rank) => [c.axes(rank)]),
  concat(c) {
    const x = c.input(c.shape(1));
    const rank = x.shape.length;
    const axis = c.axis(rank);
    const others = Array.from({ length: c.int(0, 3) }, () => {
      const own = c.int(c.once(9) ? 0 : 1, 4);
      const shape = x.shape.map((size, i) =>
        i === axis || i === axis + rank ? own : size + (c.once(100) ? 1 : 0),
      );
      return c.input(shape, [x.dtype]);
    });
    return call(`concat(${axis})`, [x, ...others], (...parts) => tf.concat(parts, axis));
  },
  stack(c) {
    const x = c.input(c.shape(0, 3));
    const axis = c.axis(x.shape.length + 1);
    const others = Array.from({ length: c.int(0, 3) }, () => c.input(x.shape, [x.dtype]));
    return call(`stack(${axis})`, [x, ...others], (...parts) => tf.stack(parts, axis));
  },
  pad: unary(["pad"], ["float32", "int32"], 1, (c, rank) => [
    Array.from({ length: rank }, () => [c.int(c.once(30) ? -1 : 0, 2), c.int(c.once(30) ? -1 : 0, 2)]),
    c.int(-2, 2),
  ]),
  transpose: unary(["transpose"], ["float32", "int32", "bool"], 0, (c, rank) => [c.permutation(rank)]),
  reshape(c) {
    const x = c.input(c.shape());
    const shape = c.factors(tf.util.sizeFromShape([...x.shape]));
    if (shape.length > 0 && c.once(4)) shape[c.int(0, shape.length - 1)] = -1;
    if (c.once(30)) shape.push(2);
    return call(`reshape(${list(shape)})`, [x], (x) => tf.reshape(x, shape));
  },
  expandDims: unary(["expandDims"], ["float32", "int32", "bool"], 0, (c, rank) => [c.axis(rank + 1)]),
  tile: unary(["tile"], ["float32", "int32", "bool"], 1, (c, rank) => [
    c.ints(rank, c.once(20) ? 0 : 1, c.once(3) ? 2 : 1),
  ]),
  broadcastTo(c) {
    const shape = c.shape();
    const from = c.input(shape.map((size) => (c.once(3) ? 1 : size)).slice(c.int(0, 1)));
    return call(`broadcastTo(${list(shape)})`, [from], (x) => tf.broadcastTo(x, shape));
  },
  reduction: unary(words("sum mean prod max min"), ["float32", "int32"], 0, axesAndKeep),
  "any and all": unary(["any", "all"], ["bool"], 0, axesAndKeep),
  "position of an extreme": unary(["argMax", "argMin"], ["float32", "int32"], 1, axisOnly),
  "running sum": unary(["cumsum", "cumprod"], ["float32", "int32"], 1, (c, rank) => [
    c.axis(rank),
    c.coin(),
    c.coin(),
  ]),
  gather(c) {
    const x = c.input(c.shape(1, 3));
    const axis = c.once(3) ? c.axis(x.shape.length) : 0;
    const batchDims = c.once(4) ? c.int(0, axis < 0 ? axis + x.shape.length : axis) : 0;
    const indices = c.indices([...x.shape.slice(0, batchDims), ...c.shape(0, 2)], x.shape.at(axis));
    return call(`gather(${axis}, ${batchDims})`, [x, indices], (x, i) => tf.gather(x, i!, axis, batchDims));
  },
  gatherND(c) {
    const x = c.input(c.shape(1, 3), ["float32", "int32"]);
    const depth = c.int(1, x.shape.length);
    const indices = c.indices([...c.shape(0, 2), depth], Math.min(...x.shape.slice(0, depth)));
    return call("gatherND()", [x, indices], (x, i) => tf.gatherND(x, i!));
  },
  scatterUpdate(c) {
    const x = c.input(c.shape(1, 3), ["float32", "int32"]);
    const rows = c.int(1, 3);
    const updates = c.input([rows, ...x.shape.slice(1)], [x.dtype]);
    return call("tensorScatterUpdate()", [x, c.indices([rows, 1], x.shape[0]), updates], (x, i, u) =>
      tf.tensorScatterUpdate(x, i!, u!),
    );
  },
  segmentSum(c) {
    const [x, count] = [c.input(c.shape(1, 3), ["float32"]), c.int(1, 5)];
    return call(`unsortedSegmentSum(${count})`, [x, c.indices(x.shape.slice(0, 1), count)], (x, ids) =>
      tf.unsortedSegmentSum(x, ids as tf.Tensor1D, count),
    );
  },
  oneHot(c) {
    const [indices, depth] = [c.input(c.shape(0, 3), ["int32"]), c.int(1, 6)];
    return call(`oneHot(${depth})`, [indices], (i) => tf.oneHot(i, depth, 2, -1));
  },
  "of one float": unary(
    words(
      "abs neg square exp expm1 sigmoid tanh relu relu6 floor ceil round sign sin cos softplus erf elu selu isNaN isFinite " +
        "isInf step logSigmoid atan asinh sqrt log rsqrt reciprocal",
    ),
    ["float32"],
    0,
    none,
  ),
  "of one whole number": unary(words("abs neg square sign"), ["int32"], 0, none),
  softmax: unary(["softmax", "logSoftmax"], ["float32"], 1, none),
  "of two numbers": binary(
    words("add sub mul maximum minimum squaredDifference equal notEqual less lessEqual greater greaterEqual"),
    ["float32", "int32"],
  ),
  "of two floats": binary(words("div pow mod atan2 divNoNan floorDiv"), ["float32"]),
  "of two whole numbers": binary(words("floorDiv mod div"), ["int32"], (b) =>
    tf.where(b.equal(0), tf.onesLike(b), b),
  ),
  logic: binary(words("logicalAnd logicalOr logicalXor"), ["bool"]),
  where(c) {
    const [condition, a, b] = c.broadcastable(3);
    const dtype = c.of(["float32", "int32", "bool"] as const);
    const inputs = [c.input(condition!, ["bool"]), c.input(a!, [dtype]), c.input(b!, [dtype])];
    return call("where()", inputs, (condition, a, b) => tf.where(condition, a!, b!));
  },
  matMul(c) {
    const [rows, inner, columns, wrong] = [c.int(1, 5), c.int(1, 5), c.int(1, 5), c.once(30) ? 1 : 0];
    const [stackA, stackB] = c.broadcastable(2).map((stack) => stack.slice(0, c.once(3) ? 0 : 2));
    const [ta, tb] = [c.coin(), c.coin()];
    const a = c.input([...stackA!, ...(ta ? [inner + wrong, rows] : [rows, inner + wrong])], ["float32"]);
    const b = c.input([...stackB!, ...(tb ? [columns, inner] : [inner, columns])], ["float32"]);
    return call(`matMul(${ta}, ${tb})`, [a, b], (a, b) => tf.matMul(a, b!, ta, tb));
  },
  cast: unary(["cast"], ["float32", "int32", "bool"], 0, (c) => [c.of(["float32", "int32", "bool"])]),
  "made inside"(c) {
    const [shape, from, to, step] = [c.shape(), c.int(-3, 3), c.int(-3, 9), c.of([1, 2, 0.5])];
    return call(
      `fill, range, linspace, eye(${list(shape)}, ${from}, ${to}, ${step})`,
      [c.input([2], ["float32"])],
      (x) =>
        [tf.fill(shape, from), tf.range(from, to, step), tf.linspace(from, to, 4), tf.eye(3)].map((made) =>
          made.add(x.sum()),
        ),
    );
  },
};
