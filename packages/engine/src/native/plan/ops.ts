/** What a native program is made of, before it is C: a handful of kinds of loops over views of buffers. */
import type { Expression } from "./expression";
import type { Buffer, NativeType, View } from "./memory";

/**
 * When an operation runs. A program is phases, one after the other; each has a whole part and then a sliced part.
 * The sliced part is done block by block (a block is a few examples of the batch), the blocks in parallel, and all its
 * operations for one block after another, so that what they pass on stays in a core's cache.
 */
export interface Stage {
  readonly phase: number;
  readonly sliced: boolean;
}

/** What a loop reads for one element. `column`: the place in the last dimension. */
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

/** Combines the last `columns` elements of a view of `[rows, columns]`: one result a row. */
export interface RowOp extends Stage {
  readonly kind: "row";
  readonly how: RowReduction;
  readonly shape: readonly number[];
  readonly columns: number;
  readonly args: readonly [ViewArgument];
  /** Rows, one after the other. */
  readonly to: View;
}
export type RowReduction = "sum" | "max" | "min" | "prod" | "any" | "all" | "argmax";

/** `to[…] += from[…]` where dimensions of stride 0 in `to` are summed; `to` starts as zero. */
export interface AddOp extends Stage {
  readonly kind: "add";
  readonly from: View;
  /** Same shape as `from`. */
  readonly to: Destination;
}

/** A place that is known only when all that is added up there has been seen. */
export interface Destination {
  view?: View;
}

/** `to = a · b`, or `to += a · b` where the sum runs over the examples. Shapes: `[…, M, K] · […, K, N]`. */
export interface ProductOp extends Stage {
  readonly kind: "product";
  readonly a: View;
  /** Either as it is, or already packed. */
  readonly b: View;
  readonly packed?: Buffer;
  readonly to: Destination;
  readonly accumulate: boolean;
  /** Tells products of a plan apart. */
  readonly id: number;
}

/** Writes b into panels, for all products that read it. */
export interface PackOp extends Stage {
  readonly kind: "pack";
  readonly from: View;
  readonly to: Buffer;
}

/** `to[i, :] = table[index[i], :]`; refuses indices that are not in the table. */
export interface GatherOp extends Stage {
  readonly kind: "gather";
  readonly table: View;
  readonly index: View;
  readonly to: View;
}

/** `to = table; to[index[i], :] = updates[i, :]`, one after the other. */
export interface ScatterOp extends Stage {
  readonly kind: "scatter";
  readonly table: View;
  readonly index: View;
  readonly updates: View;
  readonly to: View;
}

export type Op = MapOp | RowOp | AddOp | ProductOp | PackOp | GatherOp | ScatterOp;

/** Everything that is computed, in an order in which it could be, and where the results are. */
export interface Plan {
  /** Slices: the batch size. */
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

/** The buffer that an operation writes. */
export function writes(op: Op): Buffer {
  if (op.kind === "pack") return op.to;
  const view = op.kind === "add" || op.kind === "product" ? op.to.view : op.to;
  if (view === undefined) throw new Error("a sum without a place");
  return view.buffer;
}
