/** Operations that make tensors: from parts, from rows of a table, or from a number. */
import { constantData, type Shape, sizeOf } from "../graph";
import { axisOf, gatherOf, joinOf, paddingsOf } from "./geometry";
import {
  type Call,
  constantInt,
  constantInts,
  dtypeAttribute,
  forAll,
  input,
  type ShapeRule,
  type ShapeRules,
  shapeError,
  withAxis,
} from "./rule";

/**
 * Refuses constant indices outside of a table. Other indices are checked when the program runs.
 *
 * @param indices number of the input
 * @param table shape that must have elements if there are indices
 * @param extents of the indexed axes, in the order of the coordinates of an index
 */
function checkIndices(call: Call, indices: number, table: Shape, extents: Shape): void {
  const value = input(call, indices);
  if (sizeOf(table) === 0 && sizeOf(value.shape) > 0)
    throw shapeError(call, "it indexes a tensor without elements");
  Array.from((constantData(value) ?? []) as Iterable<number>).forEach((index, i) => {
    const extent = extents[i % extents.length] ?? 0;
    if (index < 0 || index >= extent) throw shapeError(call, `index ${index} is not in [0, ${extent})`);
  });
}

const gather: ShapeRule = (call) => {
  const { shape, dtype } = input(call, 0);
  const { axis, batchDims } = gatherOf(call);
  const extent = shape.slice(axis, axis + 1);
  checkIndices(call, 1, extent, extent);
  const indices = input(call, 1).shape.slice(batchDims);
  return [{ shape: [...shape.slice(0, axis), ...indices, ...shape.slice(axis + 1)], dtype }];
};

const gatherNd: ShapeRule = (call) => {
  const { shape, dtype } = input(call, 0);
  const indices = input(call, 1).shape;
  const depth = indices.at(-1) ?? 0;
  checkIndices(call, 1, shape, shape.slice(0, depth));
  return [{ shape: [...indices.slice(0, -1), ...shape.slice(depth)], dtype }];
};

const scatterUpdate: ShapeRule = (call) => {
  const { shape, dtype } = input(call, 0);
  checkIndices(call, 1, shape, shape.slice(0, input(call, 1).shape.at(-1)));
  return [{ shape, dtype }];
};

const scatterNd: ShapeRule = (call) => {
  const shape = constantInts(call, 2);
  checkIndices(call, 0, shape, shape.slice(0, input(call, 0).shape.at(-1)));
  return [{ shape, dtype: input(call, 1).dtype }];
};

const oneHot: ShapeRule = (call) => [
  { shape: withAxis(input(call, 0).shape, axisOf(call), constantInt(call, 1)), dtype: input(call, 2).dtype },
];

const joined: ShapeRule = (call) => [{ shape: joinOf(call).shape, dtype: input(call, 0).dtype }];

const padded: ShapeRule = (call) => {
  const { shape, dtype } = input(call, 0);
  const { before, after } = paddingsOf(call);
  return [{ shape: shape.map((size, axis) => before[axis]! + size + after[axis]!), dtype }];
};

/** Constants of a Range are floats when the range is. */
function rangeLength(call: Call): number {
  const [start, stop, step] = [0, 1, 2].map((i) => constantInt(call, i)) as [number, number, number];
  if (step === 0 || (stop - start) * step < 0)
    throw shapeError(call, `steps of ${step} do not lead from ${start} to ${stop}`);
  return Math.ceil((stop - start) / step);
}

export const assemble: ShapeRules = {
  ...forAll("ConcatV2 Pack", joined),
  ...forAll("Pad PadV2 MirrorPad", padded),
  GatherV2: gather,
  GatherNd: gatherNd,
  OneHot: oneHot,
  ScatterNd: scatterNd,
  TensorScatterUpdate: scatterUpdate,
  SparseToDense: (call) => [{ shape: constantInts(call, 1), dtype: input(call, 2).dtype }],
  Fill: (call) => [{ shape: constantInts(call, 0), dtype: input(call, 1).dtype }],
  Range: (call) => [{ shape: [rangeLength(call)], dtype: input(call, 0).dtype }],
  LinSpace: (call) => [{ shape: [constantInt(call, 2)], dtype: input(call, 0).dtype }],
  Multinomial: (call) => [
    {
      shape: [input(call, 0).shape[0]!, constantInt(call, 1)],
      dtype: dtypeAttribute(call, "output_dtype", "int64"),
    },
  ],
};
