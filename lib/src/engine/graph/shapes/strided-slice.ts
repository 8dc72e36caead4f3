/** The shape of `x[a:b:s, …]`, with TensorFlow's bit masks for open ends, new axes and picked elements. */
import type { Shape } from "../graph";
import { type Call, constantInts, intAttribute } from "./rule";

/**
 * Input 1 to 3 of a StridedSlice are begin, end and strides, one entry per written index. Bit i of a mask speaks of entry i:
 * `ellipsis_mask` stands for all axes not written, `new_axis_mask` adds an axis, `shrink_axis_mask` picks one element
 * and drops its axis, `begin_mask` and `end_mask` say "from the first" and "to the last".
 */
export function stridedSliceShape(call: Call, shape: Shape): Shape {
  const [begin, end, strides] = [constantInts(call, 1), constantInts(call, 2), constantInts(call, 3)];
  const bit = (mask: string, i: number) => ((intAttribute(call, mask, 0) >> i) & 1) === 1;
  const result: number[] = [];
  let axis = 0;
  let ellipsis = false;
  for (let i = 0; i < begin.length; i++) {
    if (bit("ellipsis_mask", i)) {
      ellipsis = true;
      let written = 0;
      for (let j = i + 1; j < begin.length; j++) if (!bit("new_axis_mask", j)) written++;
      while (axis < shape.length - written) result.push(shape[axis++]!);
    } else if (bit("new_axis_mask", i)) {
      result.push(1);
    } else {
      const size = shape[axis++]!;
      if (bit("shrink_axis_mask", i)) continue;
      const stride = strides[i]!;
      const from = bit("begin_mask", i) ? (stride > 0 ? 0 : size - 1) : clamp(begin[i]!, size, stride);
      const to = bit("end_mask", i) ? (stride > 0 ? size : -1) : clamp(end[i]!, size, stride);
      result.push(Math.max(0, Math.ceil((to - from) / stride)));
    }
  }
  return ellipsis ? result : [...result, ...shape.slice(axis)];
}

/** Negative positions count from the end; positions outside are moved to the nearest end. */
function clamp(position: number, size: number, stride: number): number {
  const counted = position < 0 ? position + size : position;
  return stride > 0 ? Math.min(Math.max(counted, 0), size) : Math.min(Math.max(counted, -1), size - 1);
}
