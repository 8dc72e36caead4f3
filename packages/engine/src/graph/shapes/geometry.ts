/** Axes, joins, paddings and gathers of a call, for shape rules, StableHLO and native programs. */
import type { Shape } from "../graph";
import {
  type Call,
  constantInt,
  constantInts,
  input,
  intAttribute,
  normalAxis,
  shapeError,
  withAxis,
  withSize,
} from "./rule";

/** The common shape of tensors under NumPy's rule of broadcasting; undefined if there is none. */
export function commonShape(shapes: readonly Shape[]): Shape | undefined {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const common = Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (const [i, size] of shape.entries()) {
      const axis = rank - shape.length + i;
      if (size === 1 || size === common[axis]) continue;
      if (common[axis] !== 1) return undefined;
      common[axis] = size;
    }
  }
  return common;
}

/** Operations that add an axis; it is counted in the result. */
const addsAxis = new Set(["ExpandDims", "Pack", "OneHot"]);

/** The axis of an operation, counted from the front. @throws Error when there is no such axis */
export function axisOf(call: Call): number {
  return normalAxis(call, writtenAxis(call), input(call, 0).shape.length + (addsAxis.has(call.op) ? 1 : 0));
}

function writtenAxis(call: Call): number {
  switch (call.op) {
    case "Pack":
    case "Unpack":
      return intAttribute(call, "axis", 0);
    case "OneHot":
      return intAttribute(call, "axis", -1);
    case "ConcatV2":
      return constantInt(call, call.inputs.length - 1);
    case "GatherV2":
    case "SplitV":
      return constantInt(call, 2);
    default:
      return constantInt(call, 1);
  }
}

/** The axes of a reduction or reversal, counted from the front. @throws Error for a repeated or missing axis */
export function axesOf(call: Call): number[] {
  const rank = input(call, 0).shape.length;
  const axes = constantInts(call, 1).map((axis) => normalAxis(call, axis, rank));
  if (new Set(axes).size < axes.length)
    throw shapeError(call, `its axes [${axes.join(",")}] contain one twice`);
  return axes;
}

/** For each axis of a Transpose's result, the axis of its input. */
export function permutationOf(call: Call): number[] {
  const rank = input(call, 0).shape.length;
  const order = constantInts(call, 1);
  const isPermutation =
    order.length === rank && [...Array(rank).keys()].every((axis) => order.includes(axis));
  if (!isPermutation) throw shapeError(call, `[${order.join(",")}] is not a permutation of ${rank} axes`);
  return order;
}

/** Geometry of a ConcatV2 or Pack. */
export interface Join {
  readonly axis: number;
  /** The shapes of the parts; in a Pack, with the new axis of size 1. */
  readonly parts: readonly Shape[];
  /** Begin of each part along the axis. */
  readonly starts: readonly number[];
  readonly shape: Shape;
}

/** @throws Error when the parts differ along another axis */
export function joinOf(call: Call): Join {
  const axis = axisOf(call);
  const parts =
    call.op === "Pack"
      ? call.inputs.map(({ shape }) => withAxis(shape, axis, 1))
      : call.inputs.slice(0, -1).map(({ shape }) => shape);
  const first = parts[0] ?? [];
  for (const part of parts) {
    if (part.length !== first.length || part.some((size, i) => i !== axis && size !== first[i])) {
      throw shapeError(call, `its parts differ along another axis than ${axis}`);
    }
  }
  const ends = parts.map((_, i) => parts.slice(0, i + 1).reduce((sum, part) => sum + (part[axis] ?? 0), 0));
  return { axis, parts, starts: [0, ...ends.slice(0, -1)], shape: withSize(first, axis, ends.at(-1) ?? 0) };
}

/** Elements that a Pad adds before and after each axis. @throws Error for negative numbers */
export function paddingsOf(call: Call): { before: number[]; after: number[] } {
  const flat = constantInts(call, 1);
  const rank = input(call, 0).shape.length;
  if (flat.length !== 2 * rank || flat.some((size) => size < 0)) {
    throw shapeError(
      call,
      `its paddings [${flat.join(",")}] must be two numbers for each of ${rank} axes, 0 or more`,
    );
  }
  return { before: flat.filter((_, i) => i % 2 === 0), after: flat.filter((_, i) => i % 2 === 1) };
}

/** The axis of a GatherV2, and the number of leading axes that table and indices share. */
export function gatherOf(call: Call): { axis: number; batchDims: number } {
  const axis = axisOf(call);
  const [table, indices] = [input(call, 0).shape, input(call, 1).shape];
  const written = intAttribute(call, "batch_dims", 0);
  const batchDims = written < 0 ? written + indices.length : written;
  const shared = table.slice(0, batchDims);
  if (batchDims > Math.min(axis, indices.length) || shared.some((size, i) => size !== indices[i])) {
    throw shapeError(call, `table and indices do not share ${batchDims} leading axes before axis ${axis}`);
  }
  return { axis, batchDims };
}
