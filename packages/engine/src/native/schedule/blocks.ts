/** How many examples make a block, and which blocks a thread takes at a time. */
import { bytesOf } from "../plan/memory";
import type { Op, Plan } from "../plan/ops";

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
