/** Fuses elementwise operations and reductions of rows into loops that read and write memory once. */
import { sizeOf } from "../../graph/graph";
import { type Buffer, coversBuffer, loops, type View } from "../plan/memory";
import {
  type Argument,
  type MapOp,
  type Op,
  type ProductOp,
  type RowOp,
  reads,
  type Stage,
  touches,
  writes,
} from "../plan/ops";

/** A loop over rows of elementwise operations, reductions of rows, and operations on their results. */
export interface Loop extends Stage {
  readonly kind: "loop";
  readonly rows: number;
  readonly columns: number;
  readonly ops: (MapOp | RowOp)[];
}

/** Products of one left side, and the loop that reads their sums, block by block; see `epilogue.ts`. */
export interface Epilogue extends Stage {
  readonly kind: "epilogue";
  readonly products: readonly [ProductOp, ...ProductOp[]];
  readonly loop: Loop;
}

export type Kernel = Loop | Epilogue | Exclude<Op, MapOp | RowOp>;

/** The level of an operation in a loop: on each element of a row, or once per row. */
export type Level = "element" | "row";

export function kernelOps(kernel: Kernel): readonly Op[] {
  if (kernel.kind === "loop") return kernel.ops;
  return kernel.kind === "epilogue" ? [...kernel.products, ...kernel.loop.ops] : [kernel];
}

/** The buffers that a loop reads and does not write. */
export function inputsOf({ ops }: Loop): Set<Buffer> {
  const inputs = new Set(ops.flatMap(reads).map(({ buffer }) => buffer));
  for (const op of ops) inputs.delete(op.to.buffer);
  return inputs;
}

/** Rows and columns of an operation by itself. */
function domain(op: MapOp | RowOp): { rows: number; columns: number } {
  const size = sizeOf(op.shape);
  if (op.kind === "row") return { rows: size / op.columns, columns: op.columns };
  const shape = [...op.shape];
  while (shape.length > 1 && shape.at(-1) === 1) shape.pop();
  if (shape.length <= 1) return op.sliced ? { rows: size, columns: 1 } : { rows: 1, columns: size };
  return { rows: size / shape.at(-1)!, columns: shape.at(-1)! };
}

/** The level of an operation in a loop; undefined if it does not fit. */
export function levelIn(loop: Pick<Loop, "rows" | "columns">, op: MapOp | RowOp): Level | undefined {
  const { rows, columns } = domain(op);
  if (rows === loop.rows && columns === loop.columns) return "element";
  if (op.kind === "map" && loop.columns > 1 && sizeOf(op.shape) === loop.rows) return "row";
  return undefined;
}

/** True if a single loop over all elements is enough, as each view is contiguous or repeats one element. */
export function isFlat(loop: Loop): boolean {
  return loop.ops.every(
    (op) =>
      op.kind === "map" &&
      levelIn(loop, op) === "element" &&
      [op.to, ...op.args].every((arg) => {
        if ("kind" in arg && arg.kind !== "view") return arg.kind === "literal";
        const view = "kind" in arg ? arg.view : arg;
        const [only, more] = loops(view.shape, view.strides);
        return more === undefined && (only === undefined || only.stride === 0 || only.stride === 1);
      }),
  );
}

/** The operation of a loop that produces an argument, if the value can stay in a register; undefined otherwise. */
export function fusedProducer(loop: Loop, level: Level, arg: Argument): MapOp | RowOp | undefined {
  if (arg.kind !== "view") return undefined;
  const producer = loop.ops.find((op) => op.to.buffer === arg.view.buffer);
  if (producer === undefined || !coversBuffer(producer.to)) return undefined;
  const resultLevel: Level = producer.kind === "row" ? "row" : levelIn(loop, producer)!;
  return readsAsProduced(arg.view, resultLevel, level, loop) ? producer : undefined;
}

function readsAsProduced(view: View, resultLevel: Level, level: Level, loop: Loop): boolean {
  if (resultLevel === level) return coversBuffer(view) && sizeOf(view.shape) === view.buffer.size;
  if (resultLevel === "element") return false;
  // One number per row, read by every element of the row.
  const [outer, inner, more] = loops(view.shape, view.strides);
  if (view.offset !== 0 || more !== undefined) return false;
  if (loop.rows === 1) return outer === undefined || (outer.stride === 0 && inner === undefined);
  return outer?.stride === 1 && outer.extent === loop.rows && (inner?.stride ?? 0) === 0;
}

/** Groups operations, given in an order in which they can run, into kernels. */
export function fuse(ops: readonly Op[]): Kernel[] {
  const kernels: Kernel[] = [];
  /** The index of the last kernel that writes each buffer. */
  const writers = new Map<Buffer, number>();
  for (const op of ops) {
    const after = Math.max(-1, ...touches(op).map((buffer) => writers.get(buffer) ?? -1));
    const index =
      op.kind === "map" || op.kind === "row" ? addToLoop(kernels, op, after) : kernels.push(op) - 1;
    writers.set(writes(op), Math.max(index, writers.get(writes(op)) ?? -1));
  }
  return kernels;
}

/**
 * Adds an operation to the first loop that it can join: after its inputs are computed, and with a shared input. If there is none, it
 * starts a new loop.
 *
 * @returns the index of the loop
 */
function addToLoop(kernels: Kernel[], op: MapOp | RowOp, after: number): number {
  for (let index = Math.max(after, 0); index < kernels.length; index++) {
    const loop = kernels[index]!;
    if (loop.kind !== "loop" || loop.phase !== op.phase || loop.sliced !== op.sliced) continue;
    if (!joins(loop, op)) continue;
    loop.ops.push(op);
    return index;
  }
  return kernels.push({ kind: "loop", phase: op.phase, sliced: op.sliced, ...domain(op), ops: [op] }) - 1;
}

/** The most operations in a loop: longer ones compile slowly and run out of registers. */
const maxOps = 64;

function joins(loop: Loop, op: MapOp | RowOp): boolean {
  const level = levelIn(loop, op);
  if (level === undefined || loop.ops.length >= maxOps) return false;
  if ([op, ...loop.ops].some((op) => op.kind === "row" && op.how === "argmax")) return false;
  let shared = false;
  for (const arg of op.args) {
    if (arg.kind !== "view") continue;
    const { buffer } = arg.view;
    if (loop.ops.some(({ to }) => to.buffer === buffer)) {
      if (fusedProducer(loop, level, arg) === undefined) return false;
      shared = true;
    } else if (
      sizeOf(arg.view.shape) > 1 &&
      loop.ops.some((other) => reads(other).some((view) => view.buffer === buffer))
    )
      shared = true;
  }
  return shared;
}
