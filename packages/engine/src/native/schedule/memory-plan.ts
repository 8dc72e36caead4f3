/** Where a program's buffers lie. */
import { type Buffer, bytesOf, type View } from "../plan/memory";
import { type Op, type Plan, type ProductOp, reads, writes } from "../plan/ops";
import { arrange, type Lifetime } from "./arena";
import { type Kernel, kernelOps, levelIn, passedOn } from "./fuse";

/** Memory of one kind: where each buffer begins, and how much it is in all. */
export interface Places<T> {
  readonly offsets: ReadonlyMap<T, number>;
  readonly size: number;
}

/** Gives buffers that other stages read, or read as a whole, memory that outlives a block. */
export function settle({ ops }: Plan): readonly Op[] {
  for (const op of ops) {
    for (const { buffer } of reads(op)) {
      if (buffer.home.kind !== "local") continue;
      if (op.phase !== buffer.made!.phase || !op.sliced) buffer.home = { kind: "global" };
    }
  }
  return ops;
}

/** Bytes of what outlives a block, one buffer after the other. */
export function globalPlaces(buffers: readonly Buffer[]): Places<Buffer> {
  const bytes = (buffer: Buffer) => Math.ceil((buffer.size * bytesOf[buffer.dtype] + 256) / 64) * 64;
  return inARow(
    buffers.filter(({ home }) => home.kind === "global"),
    bytes,
  );
}

/** Floats of sums over the batch, those of all shares next to each other. */
export function partialPlaces(buffers: readonly Buffer[], shares: number): Places<Buffer> {
  return inARow(
    buffers.filter(({ home }) => home.kind === "partial"),
    ({ size }) => size * shares,
  );
}

function inARow(buffers: readonly Buffer[], sizeOf: (buffer: Buffer) => number): Places<Buffer> {
  const offsets = new Map<Buffer, number>();
  let size = 0;
  for (const buffer of buffers) {
    offsets.set(buffer, size);
    size += sizeOf(buffer);
  }
  return { offsets, size };
}

/** The buffers that have to be in memory: not those that only the loop that makes them reads. */
export function neededBuffers(kernels: readonly Kernel[]): ReadonlySet<Buffer> {
  const needed = new Set<Buffer>();
  for (const kernel of kernels) {
    for (const op of kernelOps(kernel)) {
      if (writes(op).home.kind === "result") needed.add(writes(op));
      for (const view of reads(op)) if (!isPassedOn(kernel, op, view)) needed.add(view.buffer);
    }
  }
  return needed;
}

function isPassedOn(kernel: Kernel, op: Op, view: View): boolean {
  if (kernel.kind !== "loop" || (op.kind !== "map" && op.kind !== "row")) return false;
  const level = op.kind === "row" ? "element" : levelIn(kernel, op)!;
  return passedOn(kernel, level, { kind: "view", view }) !== undefined;
}

/** What has a place in scratch memory: a buffer, or the n-th temporary of a product. */
export type ScratchKey = Buffer | string;

export const temporaryOf = ({ id }: ProductOp, n: number): ScratchKey => `${id} ${n}`;

/**
 * Scratch memory of one thread for blocks of some examples.
 *
 * @param temporariesOf elements of each temporary of a product of a fraction of the batch
 */
export function scratchPlaces(
  { batch }: Plan,
  kernels: readonly Kernel[],
  needed: ReadonlySet<Buffer>,
  temporariesOf: (op: ProductOp, fraction: number) => readonly number[],
  together: number,
): Places<ScratchKey> {
  const lives = new Map<ScratchKey, Lifetime>();
  kernels.forEach((kernel, i) => {
    for (const op of kernelOps(kernel)) {
      for (const buffer of [...reads(op).map(({ buffer }) => buffer), writes(op)]) {
        if (buffer.home.kind !== "local" || !needed.has(buffer)) continue;
        const bytes = (buffer.size / batch) * together * bytesOf[buffer.dtype];
        lives.set(buffer, { bytes, first: lives.get(buffer)?.first ?? i, last: i });
      }
      if (op.kind !== "product") continue;
      temporariesOf(op, op.sliced ? together / batch : 1).forEach((elements, n) => {
        lives.set(temporaryOf(op, n), { bytes: elements * bytesOf[op.a.buffer.dtype], first: i, last: i });
      });
    }
  });
  const { offsets, bytes } = arrange([...lives.values()]);
  return { offsets: new Map([...lives].map(([key, life]) => [key, offsets.get(life)!])), size: bytes };
}
