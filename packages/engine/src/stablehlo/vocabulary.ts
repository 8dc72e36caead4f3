/** Building blocks of StableHLO rules: broadcasting, conversion, comparison, slicing, reduction. */
import { type GraphDType, type Shape, sameShape } from "../graph/graph";
import { commonShape } from "../graph/shapes/geometry";
import type { Emitter, Region, Ssa } from "./emitter";
import { intList, isFloat } from "./types";

/** The same elements in another shape of the same size. */
export function reshape(e: Emitter, x: Ssa, shape: Shape): Ssa {
  return sameShape(x.shape, shape) ? x : e.op("reshape", [x], { shape, dtype: x.dtype });
}

/** Broadcasts `x` to `shape`; `axes[i]` is the axis of `shape` for axis i of `x`. */
export function broadcastAlong(e: Emitter, x: Ssa, shape: Shape, axes: readonly number[]): Ssa {
  if (sameShape(x.shape, shape)) return x;
  return e.op("broadcast_in_dim", [x], { shape, dtype: x.dtype }, { broadcast_dimensions: intList(axes) });
}

/** Broadcasts by NumPy's rule, which matches axes from the last one. */
export function broadcast(e: Emitter, x: Ssa, shape: Shape): Ssa {
  const offset = shape.length - x.shape.length;
  return broadcastAlong(
    e,
    x,
    shape,
    x.shape.map((_, axis) => axis + offset),
  );
}

/** The common shape of tensors; shape rules have checked that there is one. */
const stretched = (...tensors: readonly Ssa[]): Shape => commonShape(tensors.map(({ shape }) => shape))!;

/** Elements as another type. Numbers other than 0 become true; floats lose their fraction when they become integers. */
export function convert(e: Emitter, x: Ssa, dtype: GraphDType): Ssa {
  if (x.dtype === dtype) return x;
  if (dtype === "bool") return compare(e, "NE", x, number(e, 0, x));
  return e.op("convert", [x], { shape: x.shape, dtype });
}

/** A constant of the shape and type of another tensor, with one number everywhere. */
export function number(e: Emitter, value: number, like: { shape: Shape; dtype: GraphDType }): Ssa {
  return e.constant(value, { shape: like.shape, dtype: like.dtype });
}

/** One input, one output of the same type. */
export function unary(e: Emitter, name: string, x: Ssa): Ssa {
  return e.op(name, [x], x);
}

/** Two inputs, broadcast to each other. */
export function binary(e: Emitter, name: string, a: Ssa, b: Ssa): Ssa {
  const shape = stretched(a, b);
  return e.op(name, [broadcast(e, a, shape), broadcast(e, b, shape)], { shape, dtype: a.dtype });
}

export type Direction = "EQ" | "NE" | "GT" | "GE" | "LT" | "LE";

/** Compares two tensors, broadcast to each other. */
export function compare(e: Emitter, direction: Direction, a: Ssa, b: Ssa): Ssa {
  const shape = stretched(a, b);
  const attributes = { comparison_direction: `#stablehlo<comparison_direction ${direction}>` };
  const operands = [broadcast(e, a, shape), broadcast(e, b, shape)];
  return e.op("compare", operands, { shape, dtype: "bool" }, attributes);
}

/** `condition ? a : b` for each element, all broadcast to each other. */
export function select(e: Emitter, condition: Ssa, a: Ssa, b: Ssa): Ssa {
  const shape = stretched(condition, a, b);
  const operands = [condition, a, b].map((x) => broadcast(e, x, shape));
  return e.op("select", operands, { shape, dtype: a.dtype });
}

export function transpose(e: Emitter, x: Ssa, order: readonly number[]): Ssa {
  const shape = order.map((axis) => x.shape[axis]!);
  return e.op("transpose", [x], { shape, dtype: x.dtype }, { permutation: intList(order) });
}

/** Takes the elements `starts`, `starts + steps`, … along every axis; returns the tensor itself if these are all. */
export function slice(
  e: Emitter,
  x: Ssa,
  starts: readonly number[],
  shape: Shape,
  steps: readonly number[] = shape.map(() => 1),
): Ssa {
  if (sameShape(x.shape, shape)) return x;
  const limits = shape.map((size, axis) => (size === 0 ? 0 : starts[axis]! + (size - 1) * steps[axis]! + 1));
  return e.op(
    "slice",
    [x],
    { shape, dtype: x.dtype },
    { start_indices: intList(starts), limit_indices: intList(limits), strides: intList(steps) },
  );
}

/** 0, 1, 2, … along an axis. */
export function iota(e: Emitter, shape: Shape, axis: number, dtype: GraphDType): Ssa {
  return e.op("iota", [], { shape, dtype }, { iota_dimension: `${axis} : i64` });
}

/** A combination of elements, and its neutral element. */
export interface Monoid {
  readonly op: string;
  readonly neutral: (dtype: GraphDType) => number;
}

const lowest = (dtype: GraphDType) =>
  isFloat(dtype) ? Number.NEGATIVE_INFINITY : dtype === "uint8" ? 0 : -(2 ** 31);
const highest = (dtype: GraphDType) =>
  isFloat(dtype) ? Number.POSITIVE_INFINITY : dtype === "uint8" ? 255 : 2 ** 31 - 1;

export const sum: Monoid = { op: "add", neutral: () => 0 };
export const product: Monoid = { op: "multiply", neutral: () => 1 };
export const maximum: Monoid = { op: "maximum", neutral: lowest };
export const minimum: Monoid = { op: "minimum", neutral: highest };
export const and: Monoid = { op: "and", neutral: () => 1 };
export const or: Monoid = { op: "or", neutral: () => 0 };

/** The function inside a reduction: combines two scalars. */
export function combining(monoid: Monoid, dtype: GraphDType): Region {
  const scalar = { shape: [], dtype };
  return { parameters: [scalar, scalar], body: (e, a, b) => [e.op(monoid.op, [a!, b!], scalar)] };
}

/** Combines all elements along `axes`, which disappear. */
export function reduce(e: Emitter, x: Ssa, axes: readonly number[], monoid: Monoid): Ssa {
  if (axes.length === 0) return x;
  const shape = x.shape.filter((_, axis) => !axes.includes(axis));
  const { dtype } = x;
  const neutral = e.constant(monoid.neutral(dtype), { shape: [], dtype });
  const attributes = { dimensions: intList(axes) };
  return e.op("reduce", [x, neutral], { shape, dtype }, attributes, combining(monoid, dtype));
}

/** Runs `f` in float32 when `x` is bfloat16: a sum in bfloat16 would lose its small addends. */
export function inFloat32(e: Emitter, x: Ssa, f: (x: Ssa) => Ssa): Ssa {
  return x.dtype === "bfloat16" ? convert(e, f(convert(e, x, "float32")), "bfloat16") : f(x);
}
