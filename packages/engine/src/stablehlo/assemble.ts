/** Operations that make tensors: from parts, from rows of a table, or from a number. */
import { type GraphDType, sizeOf } from "../graph/graph";
import { axisOf, gatherOf, joinOf, paddingsOf } from "../graph/shapes/geometry";
import { constantInt } from "../graph/shapes/rule";
import type { Emitter, Ssa } from "./emitter";
import { type HloRule, type HloRules, type Node, operands, outputShape } from "./rule";
import { intList, isFloat } from "./types";
import * as hlo from "./vocabulary";

const range = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

const join: HloRule = (e, node) => {
  const { axis, parts } = joinOf(node);
  const joined = parts.map((shape, i) => hlo.reshape(e, node.operand(i), shape));
  return e.op("concatenate", joined, node.outputs[0]!, { dimension: `${axis} : i64` });
};

const pad: HloRule = (e, node) => {
  const x = node.operand(0);
  const { before, after } = paddingsOf(node);
  const value =
    node.inputs.length > 2
      ? hlo.reshape(e, node.operand(2), [])
      : e.constant(0, { shape: [], dtype: x.dtype });
  return e.op("pad", [x, value], node.outputs[0]!, {
    edge_padding_low: intList(before),
    edge_padding_high: intList(after),
    interior_padding: intList(x.shape.map(() => 0)),
  });
};

/** Takes the slices that the indices select along one axis. */
const gather: HloRule = (e, node) => {
  const [x, indices] = operands({ ...node, inputs: node.inputs.slice(0, 2) }) as [Ssa, Ssa];
  const { axis, batchDims } = gatherOf(node);
  const batch = range(0, batchDims);
  const output = node.outputs[0]!;
  // The result's axes: those of x before `axis`, those of the indices, those of x behind `axis`.
  const lengthBehind = x.shape.length - axis - 1;
  const offsets = [
    ...range(batch.length, axis),
    ...range(output.shape.length - lengthBehind, output.shape.length),
  ];
  const numbers =
    `offset_dims = [${offsets}], collapsed_slice_dims = [${axis}], operand_batching_dims = [${batch}], ` +
    `start_indices_batching_dims = [${batch}], start_index_map = [${axis}], index_vector_dim = ${indices.shape.length}`;
  const sizes = x.shape.map((size, i) => (i === axis || i < batch.length ? 1 : size));
  const read = e.op("gather", [x, indices], output, {
    dimension_numbers: `#stablehlo.gather<${numbers}>`,
    slice_sizes: intList(sizes),
    indices_are_sorted: "false",
  });
  const along = indices.shape.map((_, i) => (i < batchDims ? i : axis + i - batchDims));
  return markOutside(e, read, isInside(e, indices, [x.shape[axis]!]), along);
};

/** Takes slices at positions along the first axes; the last axis of the indices holds the coordinates of one position. */
const gatherNd: HloRule = (e, node) => {
  const [x, indices] = operands(node) as [Ssa, Ssa];
  const depth = indices.shape.at(-1)!;
  const output = node.outputs[0]!;
  const last = indices.shape.length - 1;
  const axes = range(0, depth);
  const numbers =
    `offset_dims = [${range(last, output.shape.length)}], collapsed_slice_dims = [${axes}], ` +
    `start_index_map = [${axes}], index_vector_dim = ${last}`;
  const read = e.op("gather", [x, indices], output, {
    dimension_numbers: `#stablehlo.gather<${numbers}>`,
    slice_sizes: intList(x.shape.map((size, i) => (i < depth ? 1 : size))),
    indices_are_sorted: "false",
  });
  const isIn = hlo.reduce(e, isInside(e, indices, x.shape.slice(0, depth)), [last], hlo.and);
  return markOutside(e, read, isIn, range(0, last));
};

/** Flags of the indices that name an element; `extents` are one for all, or one for each element of the last axis. */
function isInside(e: Emitter, indices: Ssa, extents: readonly number[]): Ssa {
  const ends = e.constant(Int32Array.from(extents), { shape: [extents.length], dtype: "int32" });
  const end = extents.length === 1 ? hlo.reshape(e, ends, []) : ends;
  const notNegative = hlo.compare(e, "GE", indices, hlo.number(e, 0, indices));
  return hlo.binary(e, "and", notNegative, hlo.compare(e, "LT", indices, hlo.convert(e, end, indices.dtype)));
}

/**
 * A device cannot raise an error for an index outside of the table; it reads the nearest element instead. Such elements become
 * NaN, the lowest integer or false here, so that they cannot pass for elements of the table.
 *
 * @param axes for each axis of `isInside`, the one of `read`
 */
function markOutside(e: Emitter, read: Ssa, isInside: Ssa, axes: readonly number[]): Ssa {
  if (sizeOf(read.shape) === 0) return read;
  const { dtype } = read;
  const mark = isFloat(dtype) ? Number.NaN : dtype === "bool" ? 0 : hlo.maximum.neutral(dtype);
  return hlo.select(e, hlo.broadcastAlong(e, isInside, read.shape, axes), read, hlo.number(e, mark, read));
}

/** Adds slices to `target` at positions, or replaces what is there. Positions outside of `target` are skipped. */
function scatter(e: Emitter, target: Ssa, indices: Ssa, updates: Ssa, combine: "add" | "replace"): Ssa {
  const depth = indices.shape.at(-1)!;
  const windows = range(indices.shape.length - 1, updates.shape.length);
  const axes = range(0, depth);
  const numbers =
    `update_window_dims = [${windows}], inserted_window_dims = [${axes}], ` +
    `scatter_dims_to_operand_dims = [${axes}], index_vector_dim = ${indices.shape.length - 1}`;
  const scalar = { shape: [], dtype: target.dtype };
  return e.op(
    "scatter",
    [target, indices, updates],
    target,
    {
      scatter_dimension_numbers: `#stablehlo.scatter<${numbers}>`,
      indices_are_sorted: "false",
      unique_indices: "false",
    },
    {
      parameters: [scalar, scalar],
      body: (e, old, update) => [combine === "add" ? e.op("add", [old!, update!], scalar) : update!],
    },
  );
}

const segmentSum: HloRule = (e, node) => {
  const [data, segments] = operands({ ...node, inputs: node.inputs.slice(0, 2) }) as [Ssa, Ssa];
  const indices = hlo.reshape(e, segments, [...segments.shape, 1]);
  const target = (dtype: GraphDType) => e.constant(0, { shape: outputShape(node), dtype });
  return hlo.inFloat32(e, data, (x) => scatter(e, target(x.dtype), indices, x, "add"));
};

const scatterNd: HloRule = (e, node) =>
  scatter(e, e.constant(0, node.outputs[0]!), node.operand(0), node.operand(1), "add");

const scatterUpdate: HloRule = (e, node) => {
  const [target, indices, updates] = operands(node) as [Ssa, Ssa, Ssa];
  return scatter(e, target, indices, updates, "replace");
};

const oneHot: HloRule = (e, node) => {
  const output = node.outputs[0]!;
  const indices = node.operand(0);
  const [on, off] = [node.operand(2), node.operand(3)].map((x) => hlo.reshape(e, x, [])) as [Ssa, Ssa];
  const axis = axisOf(node);
  const others = range(0, output.shape.length).filter((i) => i !== axis);
  const spread = hlo.broadcastAlong(e, indices, output.shape, others);
  const isHot = hlo.compare(e, "EQ", spread, hlo.iota(e, output.shape, axis, indices.dtype));
  return hlo.select(e, isHot, on, off);
};

/** start, start + step, …; both are constants, as the length of the result is known while recording. */
function steps(e: Emitter, node: Node, start: number, step: number): Ssa {
  const { shape, dtype } = node.outputs[0]!;
  const scaled = hlo.binary(
    e,
    "multiply",
    hlo.iota(e, shape, 0, dtype),
    hlo.number(e, step, { shape, dtype }),
  );
  return hlo.binary(e, "add", scaled, hlo.number(e, start, { shape, dtype }));
}

const linSpace: HloRule = (e, node) => {
  const [start, stop, count] = [0, 1, 2].map((i) => constantInt(node, i)) as [number, number, number];
  return steps(e, node, start, count > 1 ? (stop - start) / (count - 1) : 0);
};

/** A matrix with the elements on its diagonal. */
const diagonal: HloRule = (e, node) => {
  const size = sizeOf(node.inputs[0]!.shape);
  const x = hlo.reshape(e, node.operand(0), [size]);
  const rows = hlo.iota(e, [size, size], 0, "int32");
  const columns = hlo.iota(e, [size, size], 1, "int32");
  const square = hlo.broadcast(e, x, [size, size]);
  const matrix = hlo.select(e, hlo.compare(e, "EQ", rows, columns), square, hlo.number(e, 0, square));
  return hlo.reshape(e, matrix, outputShape(node));
};

export const assemble: HloRules = {
  ConcatV2: join,
  Pack: join,
  Pad: pad,
  PadV2: pad,
  GatherV2: gather,
  GatherNd: gatherNd,
  ScatterNd: scatterNd,
  TensorScatterUpdate: scatterUpdate,
  UnsortedSegmentSum: segmentSum,
  OneHot: oneHot,
  Fill: (e, node) => hlo.broadcast(e, hlo.reshape(e, node.operand(1), []), outputShape(node)),
  Range: (e, node) => steps(e, node, constantInt(node, 0), constantInt(node, 2)),
  LinSpace: linSpace,
  Diag: diagonal,
};
