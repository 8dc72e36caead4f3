/** `x[a:b:s, …]`: see `graph/shapes/strided-slice.ts` for what the masks say. */
import { constantInts, intAttribute } from "../graph/shapes/rule";
import { type Lowering, outputShape } from "./rule";
import { intList } from "./types";
import { reshape, slice } from "./vocabulary";

export const stridedSlice: Lowering = (e, node) => {
  let x = node.operand(0);
  const [begin, end, strides] = [constantInts(node, 1), constantInts(node, 2), constantInts(node, 3)];
  const bit = (mask: string, i: number) => ((intAttribute(node, mask, 0) >> i) & 1) === 1;
  const isAxis = (i: number) => !bit("new_axis_mask", i) && !bit("ellipsis_mask", i);
  const start = x.shape.map(() => 0);
  const limit = [...x.shape];
  const steps = x.shape.map(() => 1);
  const reversed: number[] = [];
  let axis = 0;
  for (let i = 0; i < begin.length; i++) {
    if (bit("ellipsis_mask", i)) {
      const behind = begin.filter((_, j) => j > i && isAxis(j)).length;
      axis = x.shape.length - behind;
    }
    if (!isAxis(i)) continue;
    const size = x.shape[axis]!;
    const stride = bit("shrink_axis_mask", i) ? 1 : strides[i]!;
    // Counted from the end that the slice starts at; a negative stride walks through the reversed axis.
    const place = (position: number) => {
      const fromFront = position < 0 ? position + size : position;
      const counted = stride > 0 ? fromFront : size - 1 - fromFront;
      return Math.min(Math.max(counted, 0), size);
    };
    const from = bit("begin_mask", i) && !bit("shrink_axis_mask", i) ? 0 : place(begin[i]!);
    const to = bit("shrink_axis_mask", i) ? from + 1 : bit("end_mask", i) ? size : place(end[i]!);
    start[axis] = from;
    limit[axis] = Math.max(from, to);
    steps[axis] = Math.abs(stride);
    if (stride < 0) reversed.push(axis);
    axis++;
  }
  if (reversed.length > 0) x = e.op("reverse", [x], x, { dimensions: intList(reversed) });
  return reshape(e, slice(e, x, start, limit, steps), outputShape(node));
};
