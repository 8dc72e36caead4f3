/** Operations that move elements without computing: reshape, transpose, join, cut, pad, repeat. */
import { type Shape, sizeOf } from "../graph";
import { broadcast } from "./elementwise";
import {
  type Call,
  constantInt,
  constantInts,
  forAll,
  input,
  intAttribute,
  normalAxis,
  type ShapeRule,
  type ShapeRules,
  shapeError,
  withAxis,
  withSize,
} from "./rule";
import { slicesOf } from "./slices";

/** Rules of one input whose only question is the new shape. */
const reshaping =
  (shapeOf: (call: Call, shape: Shape) => Shape): ShapeRule =>
  (call) => [{ shape: shapeOf(call, input(call, 0).shape), dtype: input(call, 0).dtype }];

function reshaped(call: Call, shape: Shape): Shape {
  const target = constantInts(call, 1);
  const open = target.indexOf(-1);
  const known = sizeOf(target.filter((size) => size !== -1));
  if (open >= 0) target[open] = known === 0 ? 0 : sizeOf(shape) / known;
  if (sizeOf(target) !== sizeOf(shape)) {
    throw shapeError(call, `${sizeOf(shape)} elements do not fit the shape [${target.join(",")}]`);
  }
  return target;
}

function insertAxis(call: Call, shape: Shape, axis: number, size: number): Shape {
  return withAxis(shape, normalAxis(call, axis, shape.length + 1), size);
}

/** Rows of pairs, as paddings and crops come: [[before, after], …]. */
const pairs = (flat: readonly number[]) =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!] as const);

const padded = reshaping((call, shape) => {
  const paddings = pairs(constantInts(call, 1));
  return shape.map((size, axis) => size + paddings[axis]![0] + paddings[axis]![1]);
});

const concat: ShapeRule = (call) => {
  const parts = call.inputs.slice(0, -1);
  const { shape, dtype } = input(call, 0);
  const axis = normalAxis(call, constantInt(call, parts.length), shape.length);
  return [
    {
      shape: withSize(
        shape,
        axis,
        parts.reduce((sum, part) => sum + part.shape[axis]!, 0),
      ),
      dtype,
    },
  ];
};

const sliced: ShapeRule = (call) =>
  slicesOf(call).map(({ shape }) => ({ shape, dtype: input(call, 0).dtype }));

function depthToSpace(call: Call, shape: Shape): Shape {
  const block = intAttribute(call, "block_size", 2);
  const [batch, height, width, depth] = shape as [number, number, number, number];
  return call.attributes.data_format?.value === "NCHW"
    ? [batch, height / block ** 2, width * block, depth * block]
    : [batch, height * block, width * block, depth / block ** 2];
}

export const layout: ShapeRules = {
  Reshape: reshaping(reshaped),
  ExpandDims: reshaping((call, shape) => insertAxis(call, shape, constantInt(call, 1), 1)),
  Transpose: reshaping((call, shape) => constantInts(call, 1).map((axis) => shape[axis]!)),
  BroadcastTo: reshaping((call) => constantInts(call, 1)),
  BroadcastArgs: (call) => [
    {
      shape: [broadcast(call, [constantInts(call, 0), constantInts(call, 1)]).length],
      dtype: input(call, 0).dtype,
    },
  ],
  ConcatV2: concat,
  Pack: reshaping((call, shape) =>
    insertAxis(call, shape, intAttribute(call, "axis", 0), call.inputs.length),
  ),
  ...forAll("Slice StridedSlice SplitV Unpack ReverseV2", sliced),
  ...forAll("Pad PadV2 MirrorPad", padded),
  Tile: reshaping((call, shape) => constantInts(call, 1).map((times, axis) => shape[axis]! * times)),
  SpaceToBatchND: reshaping((call, shape) => {
    const block = constantInts(call, 1);
    const paddings = pairs(constantInts(call, 2));
    const spatial = block.map((size, i) => (shape[i + 1]! + paddings[i]![0] + paddings[i]![1]) / size);
    return [shape[0]! * sizeOf(block), ...spatial, ...shape.slice(block.length + 1)];
  }),
  BatchToSpaceND: reshaping((call, shape) => {
    const block = constantInts(call, 1);
    const crops = pairs(constantInts(call, 2));
    const spatial = block.map((size, i) => shape[i + 1]! * size - crops[i]![0] - crops[i]![1]);
    return [shape[0]! / sizeOf(block), ...spatial, ...shape.slice(block.length + 1)];
  }),
  DepthToSpace: reshaping(depthToSpace),
};
