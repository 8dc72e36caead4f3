/** Rematerialization: recomputes cheap values instead of storing them for the backward pass, which would fill the cache. */
import { isCheap } from "../plan/expression";
import { type Buffer, coversBuffer, type View } from "../plan/memory";
import { type Argument, type MapOp, type RowOp, reads, writes } from "../plan/ops";
import { fusedProducer, inputsOf, type Kernel, kernelOps, type Loop, levelIn } from "./fuse";

/** Repeats cheap operations in the loops that read their results, if these loops read the inputs anyway. */
export function recompute(kernels: readonly Kernel[]): Kernel[] {
  const producers = onlyProducers(kernels);
  return kernels.map((kernel) => (kernel.kind === "loop" ? repeatIn(kernel, producers) : kernel));
}

/** The operation that fills each buffer, for buffers that a single elementwise operation fills; in the order of operations. */
function onlyProducers(kernels: readonly Kernel[]): ReadonlyMap<Buffer, MapOp> {
  const ops = kernels.flatMap(kernelOps);
  const writers = new Map<Buffer, number>();
  for (const op of ops) writers.set(writes(op), (writers.get(writes(op)) ?? 0) + 1);
  const alone = ops
    .filter((op) => op.kind === "map")
    .filter(({ to }) => coversBuffer(to) && writers.get(to.buffer) === 1);
  return new Map(alone.map((op) => [op.to.buffer, op]));
}

/** The most operations repeated for one value. */
const maxRepeated = 3;

function repeatIn(loop: Loop, producers: ReadonlyMap<Buffer, MapOp>): Loop {
  const outside = inputsOf(loop);

  /** The operations to repeat for a value, at most `most`; undefined if they are more, read other buffers or cost too much. */
  const missing = (buffer: Buffer, most = maxRepeated): MapOp[] | undefined => {
    const op = producers.get(buffer);
    if (most === 0 || op === undefined || !isCheap(op.expression)) return undefined;
    if (op.sliced !== loop.sliced || levelIn(loop, op) !== "element") return undefined;
    const before = reads(op).map((view) => (outside.has(view.buffer) ? [] : missing(view.buffer, most - 1)));
    if (before.includes(undefined)) return undefined;
    const ops = [...before.flatMap((ops) => ops!), op];
    return ops.length <= most ? ops : undefined;
  };

  let repeated = loop;
  let again: readonly MapOp[] = [];
  for (const buffer of outside) {
    const ops = missing(buffer);
    if (ops === undefined) continue;
    const more = [...producers.values()].filter((op) => again.includes(op) || ops.includes(op));
    const trial = withRepeated(loop, more);
    if (trial !== undefined) [repeated, again] = [trial, more];
  }
  return repeated;
}

/** The loop with repeated operations at its start; undefined if a reader needs their results in memory. */
function withRepeated(loop: Loop, again: readonly MapOp[]): Loop | undefined {
  // Copies of the buffers have no other readers, so they are never stored.
  const own = new Map<Buffer, Buffer>(
    again.map(({ to: { buffer } }) => [buffer, { ...buffer, space: { kind: "local" } }]),
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
      return fusedProducer(repeated, level, arg) !== undefined;
    }),
  );
  return readAsMade ? repeated : undefined;
}
