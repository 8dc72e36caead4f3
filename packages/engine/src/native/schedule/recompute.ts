/** Computes again what costs less than reading it back: what the backward pass needs of the forward one fills the nearest memory. */
import { isCheap } from "../plan/expression";
import { type Buffer, isWhole, type View } from "../plan/memory";
import { type Argument, type MapOp, type RowOp, reads, writes } from "../plan/ops";
import { type Kernel, kernelOps, type Loop, levelIn, passedOn } from "./fuse";

/** The kernels, in which loops repeat cheap operations of earlier ones where they read all that these need anyway. */
export function recompute(kernels: readonly Kernel[]): Kernel[] {
  const makers = onlyMakers(kernels);
  return kernels.map((kernel) => (kernel.kind === "loop" ? repeatIn(kernel, makers) : kernel));
}

/** The operation that fills a buffer, in their order, for those that one operation on elements fills alone. */
function onlyMakers(kernels: readonly Kernel[]): ReadonlyMap<Buffer, MapOp> {
  const ops = kernels.flatMap(kernelOps);
  const writers = new Map<Buffer, number>();
  for (const op of ops) writers.set(writes(op), (writers.get(writes(op)) ?? 0) + 1);
  const alone = ops
    .filter((op) => op.kind === "map")
    .filter(({ to }) => isWhole(to) && writers.get(to.buffer) === 1);
  return new Map(alone.map((op) => [op.to.buffer, op]));
}

/** Operations repeated for one result. */
const mostRepeated = 3;

function repeatIn(loop: Loop, makers: ReadonlyMap<Buffer, MapOp>): Loop {
  const outside = new Set(loop.ops.flatMap(reads).map(({ buffer }) => buffer));
  for (const op of loop.ops) outside.delete(op.to.buffer);

  /** What has to be repeated for a result; undefined where that reads something else, or costs too much. */
  const missing = (buffer: Buffer): MapOp[] | undefined => {
    const op = makers.get(buffer);
    if (op === undefined || !isCheap(op.expression)) return undefined;
    if (op.sliced !== loop.sliced || levelIn(loop, op) !== "element") return undefined;
    const before = reads(op).map((view) => (outside.has(view.buffer) ? [] : missing(view.buffer)));
    if (before.includes(undefined)) return undefined;
    const ops = [...before.flatMap((ops) => ops!), op];
    return ops.length <= mostRepeated ? ops : undefined;
  };

  let repeated = loop;
  let again: readonly MapOp[] = [];
  for (const buffer of outside) {
    const ops = missing(buffer);
    if (ops === undefined) continue;
    const more = [...makers.values()].filter((op) => again.includes(op) || ops.includes(op));
    const trial = withRepeated(loop, more);
    if (trial !== undefined) [repeated, again] = [trial, more];
  }
  return repeated;
}

/** The loop with operations repeated at its beginning; undefined where their results are not read just as they are made. */
function withRepeated(loop: Loop, again: readonly MapOp[]): Loop | undefined {
  // Buffers that nobody else reads are never in memory.
  const own = new Map<Buffer, Buffer>(
    again.map(({ to: { buffer } }) => [buffer, { ...buffer, home: { kind: "local" } }]),
  );
  const inOwn = (view: View): View => ({ ...view, buffer: own.get(view.buffer) ?? view.buffer });
  const reading = <T extends MapOp | RowOp>(op: T): T => ({
    ...op,
    args: op.args.map((arg): Argument => (arg.kind === "view" ? { ...arg, view: inOwn(arg.view) } : arg)),
  });
  const first = again.map((op) => ({ ...reading(op), to: inOwn(op.to), phase: loop.phase }));
  const repeated = { ...loop, ops: [...first, ...loop.ops.map(reading)] };
  const isOwn = new Set(own.values());
  const readAsMade = repeated.ops.every((op) =>
    op.args.every((arg) => {
      if (arg.kind !== "view" || !isOwn.has(arg.view.buffer)) return true;
      const level = op.kind === "row" ? "element" : levelIn(loop, op)!;
      return passedOn(repeated, level, arg) !== undefined;
    }),
  );
  return readAsMade ? repeated : undefined;
}
