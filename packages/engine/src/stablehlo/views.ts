/** Operations that give the elements of one tensor another order or shape. */
import { permutationOf } from "../graph/shapes/geometry";
import { constantInts } from "../graph/shapes/rule";
import { type Slice, slicesOf } from "../graph/shapes/slices";
import type { Emitter, Ssa } from "./emitter";
import { type HloRule, type HloRules, outputShape } from "./rule";
import { intList } from "./types";
import { broadcast, broadcastAlong, reshape, slice, transpose } from "./vocabulary";

const toOutputShape: HloRule = (e, node) => reshape(e, node.operand(0), outputShape(node));

const sliced: HloRule = (e, node) => slicesOf(node).map((slice) => take(e, node.operand(0), slice));

/** StableHLO slices forwards only: axes that run backwards are reversed first. */
function take(e: Emitter, x: Ssa, { starts, steps, sizes, shape }: Slice): Ssa {
  const backwards = [...steps.keys()].filter((axis) => steps[axis]! < 0);
  const reversed = backwards.length === 0 ? x : e.op("reverse", [x], x, { dimensions: intList(backwards) });
  const from = starts.map((start, axis) => (steps[axis]! > 0 ? start : x.shape[axis]! - 1 - start));
  return reshape(e, slice(e, reversed, from, sizes, steps.map(Math.abs)), shape);
}

/** Broadcasts axes of size 1; for others, adds an axis before each, broadcasts along it, and merges the two. */
const tile: HloRule = (e, node) => {
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

export const views: HloRules = {
  Reshape: toOutputShape,
  ExpandDims: toOutputShape,
  Transpose: (e, node) => transpose(e, node.operand(0), permutationOf(node)),
  Slice: sliced,
  StridedSlice: sliced,
  SplitV: sliced,
  Unpack: sliced,
  ReverseV2: sliced,
  Tile: tile,
  BroadcastTo: (e, node) => broadcast(e, node.operand(0), outputShape(node)),
};
