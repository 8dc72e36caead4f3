/** Puts operations on elements together into loops that read and write memory once. */
import { sizeOf } from "../../graph/graph";
import { type Buffer, isWhole, loops, type View } from "../plan/memory";
import { type Argument, type MapOp, type Op, type RowOp, reads, type Stage, writes } from "../plan/ops";

/** A loop over rows, in which operations on whole rows and on single results of rows alternate. */
export interface Loop extends Stage {
  readonly kind: "loop";
  readonly rows: number;
  readonly columns: number;
  readonly ops: (MapOp | RowOp)[];
}

export type Kernel = Loop | Exclude<Op, MapOp | RowOp>;

/** Whether an operation works on each element of a loop's rows, or once a row. */
export type Level = "element" | "row";

export const kernelOps = (kernel: Kernel): readonly Op[] => (kernel.kind === "loop" ? kernel.ops : [kernel]);

/** Rows and columns of an operation that stands alone. */
function domain(op: MapOp | RowOp): { rows: number; columns: number } {
  const size = sizeOf(op.shape);
  if (op.kind === "row") return { rows: size / op.columns, columns: op.columns };
  const shape = [...op.shape];
  while (shape.length > 1 && shape.at(-1) === 1) shape.pop();
  if (shape.length <= 1) return op.sliced ? { rows: size, columns: 1 } : { rows: 1, columns: size };
  return { rows: size / shape.at(-1)!, columns: shape.at(-1)! };
}

/** The level of an operation in a loop; undefined where it does not fit. */
export function levelIn(loop: Pick<Loop, "rows" | "columns">, op: MapOp | RowOp): Level | undefined {
  const { rows, columns } = domain(op);
  if (rows === loop.rows && columns === loop.columns) return "element";
  if (op.kind === "map" && loop.columns > 1 && sizeOf(op.shape) === loop.rows) return "row";
  return undefined;
}

/** Whether all elements are done alike, so that rows do not matter. */
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

/** Which operation of a loop made what an argument reads, if it can be passed on without memory. */
export function passedOn(loop: Loop, level: Level, arg: Argument): MapOp | RowOp | undefined {
  if (arg.kind !== "view") return undefined;
  const maker = loop.ops.find((op) => op.to.buffer === arg.view.buffer);
  if (maker === undefined || !isWhole(maker.to)) return undefined;
  const made: Level = maker.kind === "row" ? "row" : levelIn(loop, maker)!;
  return readsAsMade(arg.view, made, level, loop) ? maker : undefined;
}

function readsAsMade(view: View, made: Level, level: Level, loop: Loop): boolean {
  if (made === level) return isWhole(view) && sizeOf(view.shape) === view.buffer.size;
  if (made === "element") return false;
  // One number a row, read by every element of the row.
  const [outer, inner, more] = loops(view.shape, view.strides);
  if (view.offset !== 0 || more !== undefined) return false;
  if (loop.rows === 1) return outer === undefined || (outer.stride === 0 && inner === undefined);
  return outer?.stride === 1 && outer.extent === loop.rows && (inner?.stride ?? 0) === 0;
}

/** Sorts operations into kernels; they come in an order in which they can run. */
export function fuse(ops: readonly Op[]): Kernel[] {
  const kernels: Kernel[] = [];
  /** The last kernel that writes a buffer, by its index. */
  const writers = new Map<Buffer, number>();
  for (const op of ops) {
    const dependencies = [...reads(op).map(({ buffer }) => buffer), writes(op)];
    const after = Math.max(-1, ...dependencies.map((buffer) => writers.get(buffer) ?? -1));
    const index =
      op.kind === "map" || op.kind === "row" ? addToLoop(kernels, op, after) : kernels.push(op) - 1;
    writers.set(writes(op), Math.max(index, writers.get(writes(op)) ?? -1));
  }
  return kernels;
}

/**
 * Adds an operation to the first loop that it can join: not before what it reads is made, and where they share something. Where
 * there is none, it begins one.
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

/** Longer loops compile slowly and run out of registers. */
const longest = 64;

function joins(loop: Loop, op: MapOp | RowOp): boolean {
  const level = levelIn(loop, op);
  if (level === undefined || loop.ops.length >= longest) return false;
  if ([op, ...loop.ops].some((op) => op.kind === "row" && op.how === "argmax")) return false;
  let shared = false;
  for (const arg of op.args) {
    if (arg.kind !== "view") continue;
    const { buffer } = arg.view;
    if (loop.ops.some(({ to }) => to.buffer === buffer)) {
      if (passedOn(loop, level, arg) === undefined) return false;
      shared = true;
    } else if (
      sizeOf(arg.view.shape) > 1 &&
      loop.ops.some((other) => reads(other).some((view) => view.buffer === buffer))
    )
      shared = true;
  }
  return shared;
}
