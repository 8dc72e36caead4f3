/** Operations that give the elements of one tensor another order or shape: reshape, transpose, slice, broadcast, tile. */
import { type Shape, sameShape, sizeOf } from "../graph";
import { broadcast } from "./elementwise";
import { axisOf, permutationOf } from "./geometry";
import {
  type Call,
  constantInts,
  forAll,
  input,
  intAttribute,
  type ShapeRule,
  type ShapeRules,
  shapeError,
  withAxis,
} from "./rule";
import { slicesOf } from "./slices";

/** Rules of one input that only changes its shape. */
const reshaping =
  (shapeOf: (call: Call, shape: Shape) => Shape): ShapeRule =>
  (call) => [{ shape: shapeOf(call, input(call, 0).shape), dtype: input(call, 0).dtype }];

function reshaped(call: Call, shape: Shape): Shape {
  const target = constantInts(call, 1);
  const open = target.indexOf(-1);
  const known = sizeOf(target.filter((size) => size !== -1));
  if (open >= 0) target[open] = known === 0 ? 0 : Math.floor(sizeOf(shape) / known);
  if (sizeOf(target) !== sizeOf(shape) || target.some((size) => size < 0)) {
    throw shapeError(call, `${sizeOf(shape)} elements do not fit the shape [${target.join(",")}]`);
  }
  return target;
}

/** Paddings and crops as pairs: [[before, after], …]. */
const pairs = (flat: readonly number[]) =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!] as const);

/** The shape in input 1, to which NumPy's rule must broadcast input 0. */
function stretched(call: Call, shape: Shape): Shape {
  const target = constantInts(call, 1);
  if (!sameShape(broadcast(call, [shape, target]), target)) {
    throw shapeError(call, `it cannot be broadcast to [${target.join(",")}]`);
  }
  return target;
}

const sliced: ShapeRule = (call) =>
  slicesOf(call).map(({ shape }) => ({ shape, dtype: input(call, 0).dtype }));

function depthToSpace(call: Call, shape: Shape): Shape {
  const block = intAttribute(call, "block_size", 2);
  const [batch, height, width, depth] = shape as [number, number, number, number];
  return call.attributes.data_format?.value === "NCHW"
    ? [batch, height / block ** 2, width * block, depth * block]
    : [batch, height * block, width * block, depth / block ** 2];
}

export const views: ShapeRules = {
  Reshape: reshaping(reshaped),
  ExpandDims: reshaping((call, shape) => withAxis(shape, axisOf(call), 1)),
  Transpose: reshaping((call, shape) => permutationOf(call).map((axis) => shape[axis]!)),
  BroadcastTo: reshaping(stretched),
  BroadcastArgs: (call) => [
    {
      shape: [broadcast(call, [constantInts(call, 0), constantInts(call, 1)]).length],
      dtype: input(call, 0).dtype,
    },
  ],
  ...forAll("Slice StridedSlice SplitV Unpack ReverseV2", sliced),
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
