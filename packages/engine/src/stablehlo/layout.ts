/** Operations that move elements without computing. */
import { joinOf, paddingsOf, permutationOf } from "../graph/shapes/geometry";
import { constantInts } from "../graph/shapes/rule";
import { type Slice, slicesOf } from "../graph/shapes/slices";
import type { Emitter, Ssa } from "./emitter";
import { type Lowering, type Lowerings, outputShape } from "./rule";
import { intList } from "./types";
import { broadcast, broadcastAlong, reshape, slice, transpose } from "./vocabulary";

const toOutputShape: Lowering = (e, node) => reshape(e, node.operand(0), outputShape(node));

const join: Lowering = (e, node) => {
  const { axis, parts } = joinOf(node);
  const joined = parts.map((shape, i) => reshape(e, node.operand(i), shape));
  return e.op("concatenate", joined, node.outputs[0]!, { dimension: `${axis} : i64` });
};

const sliced: Lowering = (e, node) => slicesOf(node).map((slice) => take(e, node.operand(0), slice));

/** StableHLO slices forwards only: axes that run backwards are reversed first. */
function take(e: Emitter, x: Ssa, { starts, steps, sizes, shape }: Slice): Ssa {
  const backwards = [...steps.keys()].filter((axis) => steps[axis]! < 0);
  const reversed = backwards.length === 0 ? x : e.op("reverse", [x], x, { dimensions: intList(backwards) });
  const from = starts.map((start, axis) => (steps[axis]! > 0 ? start : x.shape[axis]! - 1 - start));
  return reshape(e, slice(e, reversed, from, sizes, steps.map(Math.abs)), shape);
}

/** Stretches axes of size 1. Else: puts a new axis before each axis, repeats along it, and joins the two. */
const tile: Lowering = (e, node) => {
  const x = node.operand(0);
  const times = constantInts(node, 1);
  if (x.shape.every((size, axis) => size === 1 || times[axis] === 1))
    return broadcast(e, x, outputShape(node));
  const repeated = broadcastAlong(
    e,
    x,
    x.shape.flatMap((size, axis) => [times[axis]!, size]),
    x.shape.map((_, axis) => 2 * axis + 1),
  );
  return reshape(e, repeated, outputShape(node));
};

const pad: Lowering = (e, node) => {
  const x = node.operand(0);
  const { before, after } = paddingsOf(node);
  const value =
    node.inputs.length > 2 ? reshape(e, node.operand(2), []) : e.constant(0, { shape: [], dtype: x.dtype });
  return e.op("pad", [x, value], node.outputs[0]!, {
    edge_padding_low: intList(before),
    edge_padding_high: intList(after),
    interior_padding: intList(x.shape.map(() => 0)),
  });
};

export const layout: Lowerings = {
  Reshape: toOutputShape,
  ExpandDims: toOutputShape,
  Transpose: (e, node) => transpose(e, node.operand(0), permutationOf(node)),
  ConcatV2: join,
  Pack: join,
  Slice: sliced,
  StridedSlice: sliced,
  SplitV: sliced,
  Unpack: sliced,
  ReverseV2: sliced,
  Tile: tile,
  Pad: pad,
  PadV2: pad,
};
