/** Grows a plan: makes buffers, decides in which stage an operation runs, and what can be a view. */
import { type Shape, sizeOf } from "../../graph/graph";
import { type Expression, identity, number } from "./expression";
import {
  type Buffer,
  broadcastView,
  type Home,
  isContiguous,
  loops,
  type NativeType,
  reshaped,
  type View,
  wholeView,
} from "./memory";
import type { Argument, Destination, MapOp, Op, ProductOp, RowReduction, Stage } from "./ops";

/** What stands for a value of the graph: memory, the same number everywhere, or sums over the batch that are not added up yet. */
export type Source =
  | ViewSource
  | { readonly kind: "literal"; readonly value: number; readonly dtype: NativeType; readonly shape: Shape }
  | PartialSums;

export interface ViewSource {
  readonly kind: "view";
  readonly view: View;
  /** Whether it differs from example to example. */
  readonly data: boolean;
}

/** Sums over the batch. Those that the graph adds or concatenates share their memory: each is then a part of a whole. */
export interface PartialSums {
  readonly kind: "sums";
  readonly dtype: NativeType;
  readonly shape: Shape;
  readonly phase: number;
  readonly parts: readonly {
    readonly to: Destination;
    /** Where the contribution is added, seen from memory of the whole's shape. */
    readonly place: (whole: View) => View;
  }[];
}

/** A plan while it grows. */
export class Planner {
  readonly ops: Op[] = [];
  readonly buffers: Buffer[] = [];
  private readonly copies = new Map<string, View>();
  private readonly packs = new Map<string, Buffer>();
  private readonly added = new Map<PartialSums, View>();

  constructor(
    readonly batch: number,
    /** Elements of a packed matrix of `[k, n]`. */
    private readonly packedSize: (dtype: NativeType, k: number, n: number) => number,
  ) {}

  buffer(dtype: NativeType, size: number, home: Home, made?: Stage): Buffer {
    const buffer = { id: this.buffers.length, dtype, size, home, made };
    this.buffers.push(buffer);
    return buffer;
  }

  /** Whether examples can be told apart in a view: block i is then the i-th part of its first dimension. */
  isSliceable({ buffer, shape, strides }: View): boolean {
    const leading = shape[0] ?? 1;
    if (leading % this.batch !== 0) return false;
    return buffer.made?.sliced !== true || strides[0]! * leading === buffer.size;
  }

  /** The earliest stage that may read all of these: some block by block, if `sliced`, and some as a whole. */
  stage(sliced: boolean, byBlock: readonly View[], whole: readonly View[]): Stage {
    let phase = 0;
    for (const { buffer } of byBlock) phase = Math.max(phase, buffer.made?.phase ?? 0);
    for (const { buffer } of whole) {
      if (buffer.made !== undefined)
        phase = Math.max(phase, buffer.made.phase + (buffer.made.sliced ? 1 : 0));
    }
    return { phase, sliced };
  }

  /**
   * A map; sliced if one of its arguments differs from example to example and its shape allows it.
   *
   * @param into where to write, and when; new memory when left out
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
      return { kind: "view", view: broadcastView(this.smooth(this.viewOf(source)), shape) };
    });
    const views = args.flatMap((arg) => (arg.kind === "view" ? [arg.view] : []));
    const data = sources.some((source) => source !== "column" && isData(source));
    const stage = into?.stage ?? this.stageOf(data, shape, views);
    const to = into?.to ?? this.memory(dtype, shape, stage);
    this.ops.push({ kind: "map", ...stage, shape, expression, args, to });
    return { kind: "view", view: to, data };
  }

  /** The stage of an operation on each element (or row) of some views of one shape. */
  stageOf(data: boolean, shape: Shape, views: readonly View[]): Stage {
    const byBlock = views.filter(({ strides }) => strides[0] !== 0);
    const sliced =
      data && (shape[0] ?? 1) % this.batch === 0 && byBlock.every((view) => this.isSliceable(view));
    if (!sliced) return this.stage(false, [], views);
    return this.stage(
      true,
      byBlock,
      views.filter(({ strides }) => strides[0] === 0),
    );
  }

  /** Combines the last dimensions, `columns` elements together. */
  row(how: RowReduction, source: Source, columns: number, shape: Shape, dtype: NativeType): ViewSource {
    const view = this.smooth(this.viewOf(source));
    const lead = leading(view.shape, columns);
    const from = reshaped(view, [...lead, columns]) ?? reshaped(this.copied(view), [...lead, columns])!;
    const stage = this.stageOf(isData(source) && lead.length > 0, from.shape, [from]);
    const to = this.memory(dtype, shape, stage);
    const args = [{ kind: "view", view: from }] as const;
    this.ops.push({ kind: "row", ...stage, how, shape: from.shape, columns, args, to });
    return { kind: "view", view: to, data: isData(source) };
  }

  /**
   * Sums over any dimensions.
   *
   * @param axes for each dimension of the source, the dimension of the result that it becomes; undefined where it is summed
   */
  sum(source: Source, shape: Shape, axes: readonly (number | undefined)[]): Source {
    const from = this.viewOf(source);
    const place = (whole: View): View => ({
      ...whole,
      shape: from.shape,
      strides: axes.map((axis) => (axis === undefined ? 0 : whole.strides[axis]!)),
    });
    const to: Destination = {};
    if (isData(source) && axes[0] === undefined && from.strides[0] !== 0 && this.isSliceable(from)) {
      const stage = this.stage(true, [from], []);
      this.ops.push({ kind: "add", ...stage, from, to });
      return { kind: "sums", dtype: "float32", shape, phase: stage.phase, parts: [{ to, place }] };
    }
    const stage = this.stage(false, [], [from]);
    const whole = wholeView(this.buffer("float32", sizeOf(shape), { kind: "global" }, stage), shape);
    this.map(shape, "float32", number(0), [], { to: whole, stage });
    to.view = place(whole);
    this.ops.push({ kind: "add", ...stage, from, to });
    return { kind: "view", view: whole, data: isData(source) };
  }

  /** Memory that holds a value. */
  viewOf(source: Source): View {
    if (source.kind === "view") return source.view;
    if (source.kind === "sums") return this.addedUp(source);
    return this.map(source.shape, source.dtype, identity, [source]).view;
  }

  /** Gives sums over the batch their place, and adds up what the shares have. */
  private addedUp(sums: PartialSums): View {
    const known = this.added.get(sums);
    if (known !== undefined) return known;
    const size = Math.ceil(sizeOf(sums.shape) / 16) * 16;
    const stage = { phase: sums.phase + 1, sliced: false };
    const partial = this.buffer("float32", size, { kind: "partial" }, stage);
    const view = wholeView(partial, sums.shape);
    for (const { to, place } of sums.parts) to.view = place(view);
    // Who reads a partial sum reads the sum of all shares.
    const partialSums: ViewSource = { kind: "view", view, data: false };
    const total = this.map(sums.shape, sums.dtype, identity, [partialSums]).view;
    this.added.set(sums, total);
    return total;
  }

  /** A view whose last dimension stands element by element in memory, copied once for all readers where it does not. */
  smooth(view: View): View {
    const inner = loops(view.shape, view.strides).at(-1);
    if (inner === undefined || inner.stride === 1 || inner.stride === 0 || inner.extent <= 2) return view;
    const last = view.shape.length - 1;
    if (view.shape[last] === 1 || view.strides[last]! <= 1) return view;
    return this.copied(view);
  }

  /** The same elements as another type, or, if `inRows`, row by row: the view itself where that is so already. */
  copied(view: View, dtype: NativeType = view.buffer.dtype, inRows = true): View {
    if (dtype === view.buffer.dtype && (!inRows || isContiguous(view))) return view;
    const key = `${dtype} ${view.buffer.id} ${view.offset} ${view.shape} ${view.strides}`;
    const known = this.copies.get(key);
    if (known !== undefined) return known;
    const sliced = view.buffer.made?.sliced === true && this.isSliceable(view) && view.strides[0] !== 0;
    const stage = sliced ? this.stage(true, [view], []) : this.stage(false, [], [view]);
    const to = this.memory(dtype, view.shape, stage);
    const args: Argument[] = [{ kind: "view", view }];
    const op: MapOp = { kind: "map", ...stage, shape: view.shape, expression: identity, args, to };
    this.ops.push(op);
    this.copies.set(key, to);
    return to;
  }

  /** Adds a product whose operands and stage have been decided. Weights are packed once for all products that read them. */
  product(op: Omit<ProductOp, "kind" | "packed" | "id">): void {
    const k = op.b.shape.at(-2)!;
    const n = op.b.shape.at(-1)!;
    const isMatrix = sizeOf(op.b.shape) === k * n;
    let packed: Buffer | undefined;
    if (isMatrix && op.sliced && !op.accumulate && op.b.buffer.made?.sliced !== true) {
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

  /** New memory, filled in a stage. */
  memory(dtype: NativeType, shape: Shape, stage: Stage): View {
    return wholeView(this.buffer(dtype, sizeOf(shape), this.homeOf(stage), stage), shape);
  }

  private homeOf({ sliced }: Stage): Home {
    return { kind: sliced ? "local" : "global" };
  }
}

/** The dimensions before the last `columns` elements. */
function leading(shape: Shape, columns: number): Shape {
  const from = shape.findIndex((_, axis) => sizeOf(shape.slice(axis)) === columns);
  return shape.slice(0, from);
}

/** Whether a value differs from example to example. */
export const isData = (source: Source): boolean => source.kind === "view" && source.data;
