/** The operations of a native program: a few kinds of loops over views of buffers. */
import type { Expression } from "./expression";
import type { Buffer, NativeType, View } from "./memory";

/**
 * The stage in which an operation runs. A program runs its phases in order. Each phase runs its whole-batch operations first and
 * its sliced ones afterwards, block by block. A block is a few examples of the batch. Blocks run in parallel, and each goes through
 * all operations of the phase before the next begins, so that intermediate results stay in the cache of a core.
 */
export interface Stage {
  readonly phase: number;
  readonly sliced: boolean;
}

/** An input of a loop, for one element. `column` is the index in the last dimension. */
export type Argument =
  | ViewArgument
  | { readonly kind: "literal"; readonly value: number; readonly dtype: NativeType }
  | { readonly kind: "column" };
export interface ViewArgument {
  readonly kind: "view";
  readonly view: View;
}

/** `to[i] = expression(args[0][i], args[1][i], …)` for every element of a shape; the views have that shape. */
export interface MapOp extends Stage {
  readonly kind: "map";
  readonly shape: readonly number[];
  readonly expression: Expression;
  readonly args: readonly Argument[];
  readonly to: View;
}

/** Reduces the last `columns` elements of a view of `[rows, columns]` to one result per row. */
export interface RowOp extends Stage {
  readonly kind: "row";
  readonly how: RowReduction;
  readonly shape: readonly number[];
  readonly columns: number;
  readonly args: readonly [ViewArgument];
  /** Contiguous, one element per row. */
  readonly to: View;
}
export type RowReduction = "sum" | "max" | "min" | "prod" | "any" | "all" | "argmax";

/** `to[…] += from[…]`. Dimensions with stride 0 in `to` are summed; `to` starts as zero. */
export interface AddOp extends Stage {
  readonly kind: "add";
  readonly from: View;
  /** The same shape as `from`. */
  readonly to: Destination;
}

/** The view to which a sum is written. It is set as soon as all sums that share its buffer are known. */
export interface Destination {
  view?: View;
}

/** `to = a · b`, or `to += a · b` if the sum runs over the examples. Shapes: `[…, M, K] · […, K, N]`. */
export interface ProductOp extends Stage {
  readonly kind: "product";
  readonly a: View;
  /** The matrix before packing; `packed` holds it after packing. */
  readonly b: View;
  readonly packed?: Buffer;
  readonly to: Destination;
  readonly accumulate: boolean;
  /** Unique in a plan. */
  readonly id: number;
}

/** Packs the second operand of products into panels. */
export interface PackOp extends Stage {
  readonly kind: "pack";
  readonly from: View;
  readonly to: Buffer;
}

/** `to[i, :] = table[index[i], :]`. An index outside the table is an error. */
export interface GatherOp extends Stage {
  readonly kind: "gather";
  readonly table: View;
  readonly index: View;
  readonly to: View;
}

/** `to = table; to[index[i], :] = updates[i, :]`, in the order of i. */
export interface ScatterOp extends Stage {
  readonly kind: "scatter";
  readonly table: View;
  readonly index: View;
  readonly updates: View;
  readonly to: View;
}

export type Op = MapOp | RowOp | AddOp | ProductOp | PackOp | GatherOp | ScatterOp;

/** All operations of a program, in an order in which they can run. */
export interface Plan {
  /** Examples in the batch. */
  readonly batch: number;
  readonly threads: number;
  readonly ops: readonly Op[];
  readonly buffers: readonly Buffer[];
  readonly constants: readonly ConstantData[];
}

export interface ConstantData {
  readonly dtype: NativeType;
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** The views that an operation reads. */
export function reads(op: Op): View[] {
  switch (op.kind) {
    case "map":
    case "row":
      return op.args.flatMap((arg) => (arg.kind === "view" ? [arg.view] : []));
    case "add":
    case "pack":
      return [op.from];
    case "product":
      return op.packed === undefined ? [op.a, op.b] : [op.a, { ...op.b, buffer: op.packed }];
    case "gather":
      return [op.table, op.index];
    case "scatter":
      return [op.table, op.index, op.updates];
  }
}

/** The buffers that an operation reads, and the one that it writes. */
export const touches = (op: Op): Buffer[] => [...reads(op).map(({ buffer }) => buffer), writes(op)];

/** The buffer that an operation writes. */
export function writes(op: Op): Buffer {
  if (op.kind === "pack") return op.to;
  const view = op.kind === "add" || op.kind === "product" ? op.to.view : op.to;
  if (view === undefined) throw new Error("the destination of a sum is not set");
  return view.buffer;
}
