/** Where numbers lie: buffers, and views that say how a tensor's elements are found in one. */
import { type GraphDType, type Shape, sizeOf } from "../../graph/graph";

/** Types that native programs compute with; `bool` is a byte. */
export type NativeType = Extract<GraphDType, "float32" | "bfloat16" | "int32" | "bool">;

/** A piece of memory with the elements of one tensor, row by row. */
export interface Buffer {
  readonly id: number;
  dtype: NativeType;
  /** Whether what is written is rounded to the digits of a bfloat16; see `bfloat16.ts`. */
  short?: boolean;
  /** Elements, of all blocks together. */
  readonly size: number;
  /** The stage that fills it; undefined for what exists before the program starts. */
  readonly made?: { readonly phase: number; readonly sliced: boolean };
  /** Where it is. `local`: in each thread's scratch memory, one block at a time. `global`: whole, in the program's memory. */
  home: Home;
}

export type Home =
  | { readonly kind: "input" | "constant" | "result"; readonly index: number }
  | { readonly kind: "local" | "global" | "partial" };

export interface Layout {
  readonly shape: Shape;
  readonly strides: readonly number[];
}

/** Element `(i, j, …)` is at `offset + i * strides[0] + j * strides[1] + …` in the buffer. */
export interface View extends Layout {
  readonly buffer: Buffer;
  readonly offset: number;
}

/** The last two of some extents or strides: those of a matrix. */
export const lastTwo = (numbers: readonly number[]): [number, number] => [numbers.at(-2)!, numbers.at(-1)!];

/** Strides of a tensor that lies row by row. */
export function rowMajor(shape: Shape): number[] {
  const strides = shape.map(() => 1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  return strides;
}

/** The whole buffer as a tensor. */
export const wholeView = (buffer: Buffer, shape: Shape): View => ({
  buffer,
  shape,
  strides: rowMajor(shape),
  offset: 0,
});

/** Some dimensions as loops, outermost first: neighbours that one loop can do are merged, dimensions of size 1 dropped. */
export function loops(shape: Shape, strides: readonly number[]): { extent: number; stride: number }[] {
  const merged: { extent: number; stride: number }[] = [];
  shape.forEach((extent, i) => {
    if (extent === 1) return;
    const stride = strides[i]!;
    const last = merged.at(-1);
    if (last !== undefined && last.stride === stride * extent) {
      merged[merged.length - 1] = { extent: last.extent * extent, stride };
    } else merged.push({ extent, stride });
  });
  return merged;
}

/** Whether the elements stand one after the other. */
export function isContiguous({ shape, strides }: View): boolean {
  const [only, more] = loops(shape, strides);
  return more === undefined && (only === undefined || only.stride === 1);
}

/** Whether the elements are all of the buffer's, one after the other. */
export const isWhole = (view: View): boolean =>
  view.offset === 0 && sizeOf(view.shape) === view.buffer.size && isContiguous(view);

/**
 * The same elements in another shape, if strides can say that; undefined where a copy is needed.
 *
 * @throws Error when the shape has another number of elements: what a program read with it would not be the tensor's
 */
export function reshaped<L extends Layout>(view: L, shape: Shape): L | undefined {
  if (sizeOf(view.shape) !== sizeOf(shape)) {
    throw new Error(`a view of [${view.shape.join(",")}] has no shape [${shape.join(",")}]: a rule is wrong`);
  }
  const source = loops(view.shape, view.strides).reverse();
  const strides = shape.map(() => 0);
  let rest = source.shift();
  let left = rest?.extent ?? 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const extent = shape[i]!;
    if (extent === 1) continue;
    if (rest === undefined || left % extent !== 0) return undefined;
    strides[i] = rest.stride * (rest.extent / left);
    left /= extent;
    if (left === 1) {
      rest = source.shift();
      left = rest?.extent ?? 1;
    }
  }
  return { ...view, shape, strides };
}

/** The view stretched to a shape by NumPy's rule: dimensions of size 1 get stride 0. */
export function broadcastView(view: View, shape: Shape): View {
  const missing = shape.length - view.shape.length;
  const strides = shape.map((extent, i) => {
    const own = view.shape[i - missing] ?? 1;
    return own === 1 && extent !== 1 ? 0 : (view.strides[i - missing] ?? 0);
  });
  return { ...view, shape, strides };
}

/** `view[from[i] : from[i] + shape[i] * step[i] : step[i]]` in each dimension. */
export function sliceView(
  view: View,
  from: readonly number[],
  shape: Shape,
  steps: readonly number[] = shape.map(() => 1),
): View {
  const offset = from.reduce((sum, start, i) => sum + start * view.strides[i]!, view.offset);
  return { ...view, shape, offset, strides: view.strides.map((stride, i) => stride * steps[i]!) };
}

export const transposed = (view: View, order: readonly number[]): View => ({
  ...view,
  shape: order.map((axis) => view.shape[axis]!),
  strides: order.map((axis) => view.strides[axis]!),
});

/** Elements of a matrix of `[k, n]` that is packed for products; `panel` is `PANEL` of `native/gemm.h`. */
export function packedSize(panel: number, dtype: NativeType, k: number, n: number): number {
  return Math.ceil(n / panel) * panel * (dtype === "bfloat16" ? even(k) : k);
}

/** Rows of a matrix of bfloat16 are packed in pairs. */
export const even = (k: number): number => Math.ceil(k / 2) * 2;

/** How C calls an element, in memory and in a calculation: bfloat16 is computed with as float. */
export const storedAs: Readonly<Record<NativeType, string>> = {
  float32: "float",
  bfloat16: "bf16",
  int32: "int32_t",
  bool: "uint8_t",
};
export const computedAs: Readonly<Record<NativeType, string>> = {
  float32: "float",
  bfloat16: "float",
  int32: "int32_t",
  bool: "int32_t",
};
export const bytesOf: Readonly<Record<NativeType, number>> = { float32: 4, bfloat16: 2, int32: 4, bool: 1 };
