/** Operations that make tensors, or read and write elements by their indices. */
import {
  type Call,
  constantInt,
  constantInts,
  dtypeAttribute,
  input,
  intAttribute,
  like,
  normalAxis,
  type ShapeRule,
  type ShapeRules,
  withAxis,
} from "./rule";

const gather: ShapeRule = (call) => {
  const { shape, dtype } = input(call, 0);
  const indices = input(call, 1).shape;
  const axis = normalAxis(call, constantInt(call, 2), shape.length);
  const batchDims = intAttribute(call, "batch_dims", 0);
  return [{ shape: [...shape.slice(0, axis), ...indices.slice(batchDims), ...shape.slice(axis + 1)], dtype }];
};

const gatherNd: ShapeRule = (call) => {
  const { shape, dtype } = input(call, 0);
  const indices = input(call, 1).shape;
  return [{ shape: [...indices.slice(0, -1), ...shape.slice(indices.at(-1) ?? 0)], dtype }];
};

const oneHot: ShapeRule = (call) => {
  const indices = input(call, 0).shape;
  const axis = intAttribute(call, "axis", -1);
  const at = axis === -1 ? indices.length : axis;
  return [{ shape: withAxis(indices, at, constantInt(call, 1)), dtype: input(call, 2).dtype }];
};

/** Constants of a Range are floats when the range is. */
function rangeLength(call: Call): number {
  const [start, stop, step] = [0, 1, 2].map((i) => constantInt(call, i)) as [number, number, number];
  return Math.max(0, Math.ceil((stop - start) / step));
}

export const indexing: ShapeRules = {
  GatherV2: gather,
  GatherNd: gatherNd,
  OneHot: oneHot,
  ScatterNd: (call) => [{ shape: constantInts(call, 2), dtype: input(call, 1).dtype }],
  TensorScatterUpdate: like(0),
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
