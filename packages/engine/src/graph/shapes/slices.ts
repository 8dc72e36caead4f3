/** The geometry of slices, for shape rules, StableHLO and native programs. */
import type { Shape } from "../graph";
import { axesOf, axisOf } from "./geometry";
import { type Call, constantInts, input, intAttribute, shapeError, withoutAxis } from "./rule";

/** A slice takes `sizes` elements along each axis of its source: `starts`, `starts + steps`, `starts + 2 steps`, … */
export interface Slice {
  /** Positions in the source; 0 where no element is taken. */
  readonly starts: readonly number[];
  /** Negative where the slice runs backwards; 1 where fewer than two elements are taken. */
  readonly steps: readonly number[];
  readonly sizes: readonly number[];
  /** The shape of the result: `sizes` without the axes that are dropped, and with 1 for each new axis. */
  readonly shape: Shape;
}

/** A slice along one axis. */
interface Range {
  readonly start: number;
  readonly step: number;
  readonly size: number;
}

/**
 * The part of the first input in each output of a Slice, StridedSlice, SplitV, Unpack or ReverseV2.
 *
 * @throws Error that names the operation, for positions that TensorFlow refuses
 */
export function slicesOf(call: Call): readonly Slice[] {
  const slicing = slicings[call.op];
  if (slicing === undefined) throw shapeError(call, "it is not a slicing operation");
  return slicing(call, input(call, 0).shape);
}

const slicings: Readonly<Record<string, (call: Call, shape: Shape) => readonly Slice[]>> = {
  Slice: (call, shape) => [plainSlice(call, shape)],
  StridedSlice: (call, shape) => [stridedSlice(call, shape)],
  SplitV: split,
  Unpack: unpack,
  ReverseV2: (call, shape) => {
    const axes = axesOf(call);
    const ranges = shape.map((size, axis) =>
      axes.includes(axis) ? { start: size - 1, step: -1, size } : all(size),
    );
    return [sliceOf(ranges)];
  },
};

const all = (size: number): Range => ({ start: 0, step: 1, size });

const sliceOf = (ranges: readonly Range[], shape: Shape = ranges.map(({ size }) => size)): Slice => ({
  starts: ranges.map(({ start, size }) => (size === 0 ? 0 : start)),
  steps: ranges.map(({ step, size }) => (size < 2 ? 1 : step)),
  sizes: ranges.map(({ size }) => size),
  shape,
});

/** A range along one axis, all elements along the others. */
const along = (shape: Shape, axis: number, range: Range): Range[] =>
  shape.map((size, i) => (i === axis ? range : all(size)));

function plainSlice(call: Call, shape: Shape): Slice {
  const [begin, sizes] = [constantInts(call, 1), constantInts(call, 2)];
  if (begin.length !== shape.length || sizes.length !== shape.length) {
    throw shapeError(call, `it needs a begin and a size for each of ${shape.length} axes`);
  }
  return sliceOf(
    shape.map((extent, axis) => {
      const start = begin[axis] ?? 0;
      const size = sizes[axis] === -1 ? extent - start : (sizes[axis] ?? 0);
      if (start < 0 || size < 0 || start + size > extent) {
        throw shapeError(
          call,
          `axis ${axis} has ${extent} elements, but ${size} from ${start} on are asked for`,
        );
      }
      return { start, step: 1, size };
    }),
  );
}

function split(call: Call, shape: Shape): Slice[] {
  const axis = axisOf(call);
  const sizes = constantInts(call, 1);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total !== shape[axis] || sizes.some((size) => size < 0)) {
    throw shapeError(
      call,
      `parts of ${sizes.join(", ")} elements do not make the ${shape[axis]} of axis ${axis}`,
    );
  }
  let start = 0;
  return sizes.map((size) => {
    const part = sliceOf(along(shape, axis, { start, step: 1, size }));
    start += size;
    return part;
  });
}

function unpack(call: Call, shape: Shape): Slice[] {
  const axis = axisOf(call);
  return Array.from({ length: shape[axis] ?? 0 }, (_, start) =>
    sliceOf(along(shape, axis, { start, step: 1, size: 1 }), withoutAxis(shape, axis)),
  );
}

/**
 * `x[a:b:s, …]`. Inputs 1 to 3 are begin, end and strides, one entry per written index. Bit i of a mask belongs to entry i:
 * `ellipsis_mask` stands for all axes without an entry, `new_axis_mask` adds an axis, `shrink_axis_mask` takes one
 * element and drops its axis, `begin_mask` and `end_mask` replace a position by the first and the last one.
 */
function stridedSlice(call: Call, shape: Shape): Slice {
  const [begin, end, strides] = [constantInts(call, 1), constantInts(call, 2), constantInts(call, 3)];
  const bit = (mask: string, i: number) => ((intAttribute(call, mask, 0) >> i) & 1) === 1;
  const entries = [...begin.keys()];
  const isEllipsis = (i: number) => bit("ellipsis_mask", i);
  const written = entries.filter((i) => !isEllipsis(i) && !bit("new_axis_mask", i)).length;
  if (entries.filter(isEllipsis).length > 1) throw shapeError(call, "it has more than one ellipsis");
  if (written > shape.length) throw shapeError(call, `it has ${written} indices for ${shape.length} axes`);

  const ranges: Range[] = [];
  const result: number[] = [];
  const takeAll = (axes: number) => {
    const sizes = shape.slice(ranges.length, ranges.length + axes);
    ranges.push(...sizes.map(all));
    result.push(...sizes);
  };
  for (const i of entries) {
    const axis = ranges.length;
    const [from = 0, to = 0, stride = 1, size = 0] = [begin[i], end[i], strides[i], shape[axis]];
    if (isEllipsis(i)) takeAll(shape.length - written);
    else if (bit("new_axis_mask", i)) result.push(1);
    else if (bit("shrink_axis_mask", i)) {
      const start = from < 0 ? from + size : from;
      if (start < 0 || start >= size)
        throw shapeError(call, `index ${from} is outside of axis ${axis} of ${size}`);
      if (stride <= 0)
        throw shapeError(
          call,
          `it takes one element of axis ${axis} with the stride ${stride}; only positive strides are allowed`,
        );
      ranges.push({ start, step: 1, size: 1 });
    } else {
      if (stride === 0) throw shapeError(call, `its stride along axis ${axis} is 0`);
      const start = bit("begin_mask", i) ? (stride > 0 ? 0 : size - 1) : clamp(from, size, stride);
      const stop = bit("end_mask", i) ? (stride > 0 ? size : -1) : clamp(to, size, stride);
      const range = { start, step: stride, size: Math.max(0, Math.ceil((stop - start) / stride)) };
      ranges.push(range);
      result.push(range.size);
    }
  }
  takeAll(shape.length - ranges.length);
  return sliceOf(ranges, result);
}

/** Counts negative positions from the end, and moves positions outside to the nearest end. */
function clamp(position: number, size: number, stride: number): number {
  const counted = position < 0 ? position + size : position;
  return stride > 0 ? Math.min(Math.max(counted, 0), size) : Math.min(Math.max(counted, -1), size - 1);
}
