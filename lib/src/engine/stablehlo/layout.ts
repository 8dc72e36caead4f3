/** Operations that move elements without computing. */
import { constantInt, constantInts, intAttribute, normalAxis, withAxis } from "../graph/shapes/rule";
import type { Ssa } from "./emitter";
import { type Lowering, type Lowerings, operands, outputShape } from "./rule";
import { stridedSlice } from "./strided-slice";
import { intList } from "./types";
import { broadcast, broadcastAlong, reshape, slice, transpose } from "./vocabulary";

const toOutputShape: Lowering = (e, node) => reshape(e, node.operand(0), outputShape(node));

const concat: Lowering = (e, node) => {
  const parts = operands({ ...node, inputs: node.inputs.slice(0, -1) });
  const axis = normalAxis(node, constantInt(node, parts.length), parts[0]!.shape.length);
  return e.op("concatenate", parts, node.outputs[0]!, { dimension: `${axis} : i64` });
};

const pack: Lowering = (e, node) => {
  const parts = operands(node);
  const axis = normalAxis(node, intAttribute(node, "axis", 0), parts[0]!.shape.length + 1);
  const widened = parts.map((part) => reshape(e, part, withAxis(part.shape, axis, 1)));
  return e.op("concatenate", widened, node.outputs[0]!, { dimension: `${axis} : i64` });
};

/** Cuts `x` along an axis into pieces of these sizes. */
const cut: (...args: [...Parameters<Lowering>, axis: number, sizes: readonly number[]]) => Ssa[] = (
  e,
  node,
  axis,
  sizes,
) => {
  const x = node.operand(0);
  let from = 0;
  return sizes.map((size) => {
    const start = x.shape.map((_, i) => (i === axis ? from : 0));
    const limit = x.shape.map((all, i) => (i === axis ? from + size : all));
    from += size;
    return slice(e, x, start, limit);
  });
};

const splitV: Lowering = (e, node) =>
  cut(e, node, normalAxis(node, constantInt(node, 2), node.inputs[0]!.shape.length), constantInts(node, 1));

const unpack: Lowering = (e, node) => {
  const axis = normalAxis(node, intAttribute(node, "axis", 0), node.inputs[0]!.shape.length);
  const pieces = cut(
    e,
    node,
    axis,
    node.outputs.map(() => 1),
  );
  return pieces.map((piece) => reshape(e, piece, outputShape(node)));
};

const sliceLowering: Lowering = (e, node) => {
  const start = constantInts(node, 1);
  return slice(
    e,
    node.operand(0),
    start,
    outputShape(node).map((size, axis) => start[axis]! + size),
  );
};

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
  const paddings = constantInts(node, 1);
  const value =
    node.inputs.length > 2 ? reshape(e, node.operand(2), []) : e.constant(0, { shape: [], dtype: x.dtype });
  return e.op("pad", [x, value], node.outputs[0]!, {
    edge_padding_low: intList(x.shape.map((_, axis) => paddings[2 * axis]!)),
    edge_padding_high: intList(x.shape.map((_, axis) => paddings[2 * axis + 1]!)),
    interior_padding: intList(x.shape.map(() => 0)),
  });
};

const reverse: Lowering = (e, node) => {
  const x = node.operand(0);
  const axes = constantInts(node, 1).map((axis) => normalAxis(node, axis, x.shape.length));
  return axes.length === 0 ? x : e.op("reverse", [x], x, { dimensions: intList(axes) });
};

export const layout: Lowerings = {
  Reshape: toOutputShape,
  ExpandDims: toOutputShape,
  Transpose: (e, node) => transpose(e, node.operand(0), constantInts(node, 1)),
  ConcatV2: concat,
  Pack: pack,
  SplitV: splitV,
  Unpack: unpack,
  Slice: sliceLowering,
  StridedSlice: stridedSlice,
  Tile: tile,
  Pad: pad,
  PadV2: pad,
  ReverseV2: reverse,
};
