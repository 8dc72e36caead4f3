/** The planner: allocates buffers, chooses the stage of each operation, and decides which results are views. */
import { type Shape, sizeOf } from "../../graph/graph";
import { type Expression, identity, number } from "./expression";
import {
  type Buffer,
  broadcastView,
  isContiguous,
  loops,
  type MemorySpace,
  type NativeType,
  reshaped,
  type View,
  wholeView,
} from "./memory";
import type { Argument, Destination, MapOp, Op, ProductOp, RowReduction, Stage } from "./ops";

/** The value of a node: a view of memory, one number for all elements, or sums over the batch that are not complete yet. */
export type Source =
  | ViewSource
  | { readonly kind: "literal"; readonly value: number; readonly dtype: NativeType; readonly shape: Shape }
  | PartialSums;

export interface ViewSource {
  readonly kind: "view";
  readonly view: View;
  /** True if the value differs between examples. */
  readonly perExample: boolean;
}

/** Sums over the batch. Sums that the graph adds or concatenates share a buffer, of which each term covers a view. */
export interface PartialSums {
  readonly kind: "sums";
  readonly dtype: NativeType;
  readonly shape: Shape;
  readonly phase: number;
  readonly terms: readonly {
    readonly to: Destination;
    /** The view to which the term is added, within a view of the whole buffer. */
    readonly within: (whole: View) => View;
  }[];
}

/** A plan under construction. */
export class Planner {
  readonly ops: Op[] = [];
  readonly buffers: Buffer[] = [];
  private readonly copies = new Map<string, View>();
  private readonly packs = new Map<string, Buffer>();
  private readonly totals = new Map<PartialSums, View>();

  constructor(
    readonly batch: number,
    /** Elements of a packed matrix of `[k, n]`. */
    private readonly packedSize: (dtype: NativeType, k: number, n: number) => number,
  ) {}

  buffer(dtype: NativeType, size: number, space: MemorySpace, stage?: Stage): Buffer {
    const buffer = { id: this.buffers.length, dtype, size, space, stage };
    this.buffers.push(buffer);
    return buffer;
  }

  /** True if the first dimension of a view consists of the examples, in order. */
  isSliceable({ buffer, shape, strides }: View): boolean {
    const leading = shape[0] ?? 1;
    if (leading % this.batch !== 0) return false;
    return buffer.stage?.sliced !== true || strides[0]! * leading === buffer.size;
  }

  /** The earliest stage that can read these views: some block by block if `sliced`, some as a whole. */
  stage(sliced: boolean, byBlock: readonly View[], whole: readonly View[]): Stage {
    let phase = 0;
    for (const { buffer } of byBlock) phase = Math.max(phase, buffer.stage?.phase ?? 0);
    for (const { buffer } of whole) {
      if (buffer.stage !== undefined)
        phase = Math.max(phase, buffer.stage.phase + (buffer.stage.sliced ? 1 : 0));
    }
    return { phase, sliced };
  }

  /**
   * An elementwise operation. It is sliced if an argument differs between examples and its shape allows it.
   *
   * @param into the view to write, and the stage; a new buffer by default
   */
  map(
    shape: Shape,
    dtype: NativeType,
    expression: Expression,
    sources: readonly (Source | "column")[],
    into?: { readonly to: View; readonly stage: Stage },
  ): ViewSource {
    const args = sources.map((source): Argument => {
      if (source === "column") return { kind: "column" };
      if (source.kind === "literal") return source;
      return { kind: "view", view: broadcastView(this.withUnitStride(this.viewOf(source)), shape) };
    });
    const views = args.flatMap((arg) => (arg.kind === "view" ? [arg.view] : []));
    const perExample = sources.some((source) => source !== "column" && isPerExample(source));
    const stage = into?.stage ?? this.stageOf(perExample, shape, views);
    const to = into?.to ?? this.memory(dtype, shape, stage);
    this.ops.push({ kind: "map", ...stage, shape, expression, args, to });
    return { kind: "view", view: to, perExample };
  }

  /** The stage of an operation on each element (or row) of views of one shape. */
  stageOf(perExample: boolean, shape: Shape, views: readonly View[]): Stage {
    const byBlock = views.filter(({ strides }) => strides[0] !== 0);
    const sliced =
      perExample && (shape[0] ?? 1) % this.batch === 0 && byBlock.every((view) => this.isSliceable(view));
    if (!sliced) return this.stage(false, [], views);
    return this.stage(
      true,
      byBlock,
      views.filter(({ strides }) => strides[0] === 0),
    );
  }

  /** Reduces the last dimensions, `columns` elements at a time. */
  row(how: RowReduction, source: Source, columns: number, shape: Shape, dtype: NativeType): ViewSource {
    const view = this.withUnitStride(this.viewOf(source));
    const lead = leading(view.shape, columns);
    const from = reshaped(view, [...lead, columns]) ?? reshaped(this.copied(view), [...lead, columns])!;
    const stage = this.stageOf(isPerExample(source) && lead.length > 0, from.shape, [from]);
    const to = this.memory(dtype, shape, stage);
    const args = [{ kind: "view", view: from }] as const;
    this.ops.push({ kind: "row", ...stage, how, shape: from.shape, columns, args, to });
    return { kind: "view", view: to, perExample: isPerExample(source) };
  }

  /**
   * Sums over any dimensions.
   *
   * @param axes for each dimension of the source, its dimension in the result; undefined if it is summed
   */
  sum(source: Source, shape: Shape, axes: readonly (number | undefined)[]): Source {
    const from = this.viewOf(source);
    const within = (whole: View): View => ({
      ...whole,
      shape: from.shape,
      strides: axes.map((axis) => (axis === undefined ? 0 : whole.strides[axis]!)),
    });
    const to: Destination = {};
    if (isPerExample(source) && axes[0] === undefined && from.strides[0] !== 0 && this.isSliceable(from)) {
      const stage = this.stage(true, [from], []);
      this.ops.push({ kind: "add", ...stage, from, to });
      return { kind: "sums", dtype: "float32", shape, phase: stage.phase, terms: [{ to, within }] };
    }
    const stage = this.stage(false, [], [from]);
    const whole = wholeView(this.buffer("float32", sizeOf(shape), { kind: "global" }, stage), shape);
    this.map(shape, "float32", number(0), [], { to: whole, stage });
    to.view = within(whole);
    this.ops.push({ kind: "add", ...stage, from, to });
    return { kind: "view", view: whole, perExample: isPerExample(source) };
  }

  /** A view of the value of a source. */
  viewOf(source: Source): View {
    if (source.kind === "view") return source.view;
    if (source.kind === "sums") return this.total(source);
    return this.map(source.shape, source.dtype, identity, [source]).view;
  }

  /** Allocates the buffer of partial sums, and adds up the sums of all chunks. */
  private total(sums: PartialSums): View {
    const known = this.totals.get(sums);
    if (known !== undefined) return known;
    const size = Math.ceil(sizeOf(sums.shape) / 16) * 16;
    const stage = { phase: sums.phase + 1, sliced: false };
    const partial = this.buffer("float32", size, { kind: "partial" }, stage);
    const view = wholeView(partial, sums.shape);
    for (const { to, within } of sums.terms) to.view = within(view);
    // An operation that reads a partial buffer reads the sum over all chunks.
    const partialSums: ViewSource = { kind: "view", view, perExample: false };
    const total = this.map(sums.shape, sums.dtype, identity, [partialSums]).view;
    this.totals.set(sums, total);
    return total;
  }

  /** A view whose last dimension is contiguous; views that are not are copied once for all readers. */
  withUnitStride(view: View): View {
    const inner = loops(view.shape, view.strides).at(-1);
    if (inner === undefined || inner.stride === 1 || inner.stride === 0 || inner.extent <= 2) return view;
    const last = view.shape.length - 1;
    if (view.shape[last] === 1 || view.strides[last]! <= 1) return view;
    return this.copied(view);
  }

  /** The same elements in another type, or contiguous if `inRows`. A view that is so already is not copied. */
  copied(view: View, dtype: NativeType = view.buffer.dtype, inRows = true): View {
    if (dtype === view.buffer.dtype && (!inRows || isContiguous(view))) return view;
    const key = `${dtype} ${view.buffer.id} ${view.offset} ${view.shape} ${view.strides}`;
    const known = this.copies.get(key);
    if (known !== undefined) return known;
    const sliced = view.buffer.stage?.sliced === true && this.isSliceable(view) && view.strides[0] !== 0;
    const stage = sliced ? this.stage(true, [view], []) : this.stage(false, [], [view]);
    const to = this.memory(dtype, view.shape, stage);
    const args: Argument[] = [{ kind: "view", view }];
    const op: MapOp = { kind: "map", ...stage, shape: view.shape, expression: identity, args, to };
    this.ops.push(op);
    this.copies.set(key, to);
    return to;
  }

  /** Adds a product, with operands and stage given. Weights are packed once for all products that read them. */
  product(op: Omit<ProductOp, "kind" | "packed" | "id">): void {
    const k = op.b.shape.at(-2)!;
    const n = op.b.shape.at(-1)!;
    const isMatrix = sizeOf(op.b.shape) === k * n;
    let packed: Buffer | undefined;
    if (isMatrix && op.sliced && !op.accumulate && op.b.buffer.stage?.sliced !== true) {
      const key = `${op.b.buffer.id} ${op.b.offset} ${op.b.shape} ${op.b.strides}`;
      packed = this.packs.get(key);
      if (packed === undefined) {
        const stage = this.stage(false, [], [op.b]);
        packed = this.buffer(
          op.b.buffer.dtype,
          this.packedSize(op.b.buffer.dtype, k, n),
          { kind: "global" },
          stage,
        );
        this.packs.set(key, packed);
        this.ops.push({ kind: "pack", ...stage, from: op.b, to: packed });
      }
    }
    this.ops.push({ kind: "product", ...op, packed, id: this.ops.length });
  }

  /** A view of a new buffer, filled in a stage. */
  memory(dtype: NativeType, shape: Shape, stage: Stage): View {
    return wholeView(this.buffer(dtype, sizeOf(shape), this.spaceOf(stage), stage), shape);
  }

  private spaceOf({ sliced }: Stage): MemorySpace {
    return { kind: sliced ? "local" : "global" };
  }
}

/** The dimensions before the last `columns` elements. */
function leading(shape: Shape, columns: number): Shape {
  const from = shape.findIndex((_, axis) => sizeOf(shape.slice(axis)) === columns);
  return shape.slice(0, from);
}

/** True if a value differs between examples. */
export const isPerExample = (source: Source): boolean => source.kind === "view" && source.perExample;
