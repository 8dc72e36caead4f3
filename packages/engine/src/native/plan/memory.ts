/** Buffers, and strided views of them. */
import { type GraphDType, type Shape, sizeOf } from "../../graph/graph";

/** The types in which native programs compute; a `bool` is a byte. */
export type NativeType = Extract<GraphDType, "float32" | "bfloat16" | "int32" | "bool">;

/** Memory for the elements of one tensor, in row-major order. */
export interface Buffer {
  readonly id: number;
  dtype: NativeType;
  /** If true, the values written are rounded to bfloat16; see `schedule/bfloat16.ts`. */
  roundsToBf16?: boolean;
  /** Number of elements, of the whole batch. */
  readonly size: number;
  /** The stage that fills the buffer; undefined for inputs and constants. */
  readonly stage?: { readonly phase: number; readonly sliced: boolean };
  /** `local` buffers are in the scratch memory of each thread and hold one block; `global` ones hold the whole tensor. */
  space: MemorySpace;
}

export type MemorySpace =
  | { readonly kind: "input" | "constant" | "result"; readonly index: number }
  | { readonly kind: "local" | "global" | "partial" };

export interface Layout {
  readonly shape: Shape;
  readonly strides: readonly number[];
}

/** A tensor in a buffer: element `(i, j, …)` is at `offset + i * strides[0] + j * strides[1] + …`. */
export interface View extends Layout {
  readonly buffer: Buffer;
  readonly offset: number;
}

/** The last two of some extents or strides: those of a matrix. */
export const lastTwo = (numbers: readonly number[]): [number, number] => [numbers.at(-2)!, numbers.at(-1)!];

/** Strides of a tensor in row-major order. */
export function rowMajor(shape: Shape): number[] {
  const strides = shape.map(() => 1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  return strides;
}

/** A view of the whole buffer. */
export const wholeView = (buffer: Buffer, shape: Shape): View => ({
  buffer,
  shape,
  strides: rowMajor(shape),
  offset: 0,
});

/** Dimensions as nested loops, outermost first. Neighbours are merged where one loop does both, dimensions of size 1 are dropped. */
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

/** True if the elements are contiguous, in row-major order. */
export function isContiguous({ shape, strides }: View): boolean {
  const [only, more] = loops(shape, strides);
  return more === undefined && (only === undefined || only.stride === 1);
}

/** True if the view is contiguous and covers the buffer. */
export const coversBuffer = (view: View): boolean =>
  view.offset === 0 && sizeOf(view.shape) === view.buffer.size && isContiguous(view);

/**
 * The same elements in another shape; undefined if no strides describe it, so that a copy is needed.
 *
 * @throws Error when the shape has another number of elements: a program would then read memory outside of the tensor
 */
export function reshaped<L extends Layout>(view: L, shape: Shape): L | undefined {
  if (sizeOf(view.shape) !== sizeOf(shape)) {
    throw new Error(
      `A view of [${view.shape.join(",")}] cannot have the shape [${shape.join(",")}]: a rule is wrong.`,
    );
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

/** Broadcasts a view to a shape by NumPy's rule: dimensions of size 1 get stride 0. */
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

/** What decides the layout of packed matrices. */
export interface ProductTarget {
  /** `PANEL` of `native/gemm.h`. */
  readonly panel: number;
  /** True if products of bfloat16 are those of `native/amx.h`; see `amx.ts`. */
  readonly amx?: boolean;
}

/** Elements of a packed matrix of `[k, n]`. */
export function packedSize({ panel, amx }: ProductTarget, dtype: NativeType, k: number, n: number): number {
  return Math.ceil(n / panel) * panel * (dtype === "bfloat16" ? (amx ? amxDepth(k) : even(k)) : k);
}

/** `amx_pairs` of `native/amx.h`: pairs in a step of the matrix unit. */
export const amxPairs = (k: number): number => Math.ceil(even(k) / 2 / Math.ceil(even(k) / 32));

/** `amx_depth` of `native/amx.h`: k rounded up to whole steps. */
export const amxDepth = (k: number): number => Math.ceil(even(k) / 2 / amxPairs(k)) * amxPairs(k) * 2;

/** `amx_stride` of `native/amx.h`: from row to row of a copied left side. */
export const amxStride = (k: number): number => 32 * (Math.ceil(amxDepth(k) / 32) | 1);

/** Rounds up to an even number: a packed bfloat16 matrix holds pairs of rows. */
export const even = (k: number): number => Math.ceil(k / 2) * 2;

/** The C types of an element in memory and in expressions; a bfloat16 is computed with as float. */
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
