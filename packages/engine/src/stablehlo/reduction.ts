/** Operations along axes. */
import { sizeOf } from "../graph/graph";
import { axesOf, axisOf } from "../graph/shapes/geometry";
import { boolAttribute } from "../graph/shapes/rule";
import type { Emitter, Ssa } from "./emitter";
import { type HloRule, type HloRules, operands, outputShape } from "./rule";
import { intList } from "./types";
import * as hlo from "./vocabulary";

const reducing =
  (monoid: hlo.Monoid): HloRule =>
  (e, node) => {
    const reduced = hlo.inFloat32(e, node.operand(0), (x) => hlo.reduce(e, x, axesOf(node), monoid));
    // Kept axes have size 1.
    return hlo.reshape(e, reduced, outputShape(node));
  };

const mean: HloRule = (e, node) => {
  const axes = axesOf(node);
  const count = axes.reduce((size, axis) => size * node.inputs[0]!.shape[axis]!, 1);
  const average = hlo.inFloat32(e, node.operand(0), (x) => {
    const total = hlo.reduce(e, x, axes, hlo.sum);
    return hlo.binary(e, "divide", total, hlo.number(e, count, total));
  });
  return hlo.reshape(e, average, outputShape(node));
};

/** The position of the largest (`GT`) or smallest (`LT`) element; the first one where several are equal. */
const position =
  (better: "GT" | "LT"): HloRule =>
  (e, node) => {
    const x = node.operand(0);
    const axis = axisOf(node);
    const indices = hlo.iota(e, x.shape, axis, "int32");
    const worst = (better === "GT" ? hlo.maximum : hlo.minimum).neutral(x.dtype);
    const shape = outputShape(node);
    const value = { shape: [], dtype: x.dtype };
    const index = { shape: [], dtype: "int32" as const };
    const [, found] = e.multi(
      "reduce",
      // The index of the neutral element is beyond all others, so that an element as bad as it still wins.
      [x, indices, e.constant(worst, value), e.constant(2 ** 31 - 1, index)],
      [
        { shape, dtype: x.dtype },
        { shape, dtype: "int32" },
      ],
      { dimensions: intList([axis]) },
      {
        parameters: [value, index, value, index],
        body: (e, a, i, b, j) => {
          const earlier = hlo.binary(e, "and", hlo.compare(e, "EQ", a!, b!), hlo.compare(e, "LT", i!, j!));
          const first = hlo.binary(e, "or", hlo.compare(e, better, a!, b!), earlier);
          return [hlo.select(e, first, a!, b!), hlo.select(e, first, i!, j!)];
        },
      },
    );
    return hlo.convert(e, found!, node.outputs[0]!.dtype);
  };

/** A running sum or product: each element combines a window that ends at it. */
const running =
  (monoid: hlo.Monoid): HloRule =>
  (e, node) =>
    hlo.inFloat32(e, node.operand(0), (x) => {
      if (sizeOf(x.shape) === 0) return x;
      const axis = axisOf(node);
      const size = x.shape[axis]!;
      const backwards = boolAttribute(node, "reverse");
      // Exclusive: the window ends one element earlier. It always has `size` elements, the missing ones neutral.
      const near = boolAttribute(node, "exclusive") ? -1 : 0;
      const [low, high] = backwards ? [near, size - 1] : [size - 1, near];
      const trimmed = near === 0 ? [low, high] : backwards ? [-1, size] : [size, -1];
      const neutral = e.constant(monoid.neutral(x.dtype), { shape: [], dtype: x.dtype });
      const rows = x.shape.map((_, i) => (i === axis ? `[${trimmed}]` : "[0, 0]"));
      return e.op(
        "reduce_window",
        [x, neutral],
        x,
        {
          window_dimensions: intList(x.shape.map((_, i) => (i === axis ? size : 1))),
          window_strides: intList(x.shape.map(() => 1)),
          padding: `dense<[${rows}]> : tensor<${x.shape.length}x2xi64>`,
        },
        hlo.combining(monoid, x.dtype),
      );
    });

/** exp(x) over its sum along the last axis, shifted so that nothing overflows. */
function softmax(e: Emitter, x: Ssa): Ssa {
  const last = x.shape.length - 1;
  const kept = [...x.shape.slice(0, -1), 1];
  const largest = hlo.reshape(e, hlo.reduce(e, x, [last], hlo.maximum), kept);
  const powers = hlo.unary(e, "exponential", hlo.binary(e, "subtract", x, largest));
  const total = hlo.reshape(e, hlo.reduce(e, powers, [last], hlo.sum), kept);
  return hlo.binary(e, "divide", powers, total);
}

export const reduction: HloRules = {
  Sum: reducing(hlo.sum),
  Prod: reducing(hlo.product),
  Max: reducing(hlo.maximum),
  Min: reducing(hlo.minimum),
  All: reducing(hlo.and),
  Any: reducing(hlo.or),
  Mean: mean,
  ArgMax: position("GT"),
  ArgMin: position("LT"),
  Cumsum: running(hlo.sum),
  Cumprod: running(hlo.product),
  Softmax: (e, node) => hlo.inFloat32(e, operands(node)[0]!, (x) => softmax(e, x)),
};
