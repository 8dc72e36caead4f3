/** Where a program's buffers lie, and how many examples it does together. */
import { arrange, type Lifetime } from "./arena";
import { type Kernel, kernelOps, levelIn, passedOn } from "./fuse";
import { type Buffer, bytesOf, type View } from "./memory";
import { type Op, type Plan, type ProductOp, reads, writes } from "./ops";
import { productCode } from "./product-code";

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

/** Scratch memory of one thread for blocks of some examples. */
export function scratchPlaces(
  { batch }: Plan,
  kernels: readonly Kernel[],
  needed: ReadonlySet<Buffer>,
  panel: number,
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
      productCode(op, panel, op.sliced ? together / batch : 1).scratch.forEach((elements, n) => {
        lives.set(temporaryOf(op, n), { bytes: elements * bytesOf[op.a.buffer.dtype], first: i, last: i });
      });
    }
  });
  const { offsets, bytes } = arrange([...lives.values()]);
  return { offsets: new Map([...lives].map(([key, life]) => [key, offsets.get(life)!])), size: bytes };
}

/** Bytes of scratch memory with which blocks were fastest; three times a core's second cache (measured on 1 MB). */
const nearBytes = 3 << 20;

/** Rows of a product from which it takes long enough for its weights to come from far; more did not measure faster. */
const enoughRows = 256;

/** Blocks for each thread from which they end at nearly the same time. */
const enoughBlocks = 4;

/**
 * How many examples are done together: as many as keep a thread's memory near, and leave blocks enough to share. Where even one
 * is too large, as few as keep their weights near, or make enough rows of them.
 */
export function examplesTogether({ batch, threads, ops }: Plan, bytes: (together: number) => number): number {
  const upTo = (most: number) =>
    Array.from({ length: Math.max(1, Math.floor(most)) }, (_, i) => i + 1).filter((n) => batch % n === 0);
  const near = upTo(batch / threads / enoughBlocks)
    .reverse()
    .find((n) => bytes(n) <= nearBytes);
  if (near !== undefined) return near;
  const sizes = upTo(batch / threads);
  const enough = weightsAreNear(ops) ? 1 : (enoughRows * batch) / rowsOfLargest(ops);
  return sizes.find((n) => n >= enough) ?? sizes.at(-1)!;
}

/**
 * Cuts the blocks into shares, of which each thread takes one after the other: the later the smaller, so that threads end at the
 * same time though a core may be slower, or busy with something else. Each share has sums of its own, which makes
 * results the same whoever takes it.
 *
 * @returns the first block of each share, and behind them the number of blocks
 */
export function sharesOf(blocks: number, threads: number): number[] {
  const firsts = [0];
  for (let first = 0; first < blocks; firsts.push(first)) {
    first += threads === 1 ? blocks : Math.ceil((3 * (blocks - first)) / (4 * threads));
  }
  return firsts;
}

function weightsAreNear(ops: readonly Op[]): boolean {
  const packs = ops.filter((op) => op.kind === "pack");
  return packs.reduce((sum, { to }) => sum + to.size * bytesOf[to.dtype], 0) <= nearBytes;
}

/** Rows of the whole batch in the product with the largest weights. */
function rowsOfLargest(ops: readonly Op[]): number {
  let [rows, size] = [0, 0];
  for (const op of ops) {
    if (op.kind !== "product" || op.packed === undefined || op.packed.size <= size) continue;
    [rows, size] = [op.a.shape.at(-2)!, op.packed.size];
  }
  return rows;
}
