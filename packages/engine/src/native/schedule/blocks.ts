/** The size of a block, and the chunks of blocks that threads take. */
import { bytesOf } from "../plan/memory";
import type { Op, Plan } from "../plan/ops";

/** Scratch memory of a block in bytes: 3 MB was fastest, measured with 1 MB of L2 cache. */
const scratchBudget = 3 << 20;

/** Rows of a matrix product that hide the time of streaming its weights from memory; more rows measured no faster. */
const minProductRows = 256;

/** Blocks per thread, so that all threads end at nearly the same time. */
const minBlocksPerThread = 4;

/**
 * Chooses the number of examples in a block: as many as fit into the scratch memory, while there are enough blocks per thread. If not
 * even one example fits, a block is one example; if the weights do not fit either, it has enough examples to give the product with
 * the largest weights enough rows.
 *
 * @param bytes scratch memory for a block size
 */
export function chooseBlockSize({ batch, threads, ops }: Plan, bytes: (blockSize: number) => number): number {
  const upTo = (most: number) =>
    Array.from({ length: Math.max(1, Math.floor(most)) }, (_, i) => i + 1).filter((n) => batch % n === 0);
  const near = upTo(batch / threads / minBlocksPerThread)
    .reverse()
    .find((n) => bytes(n) <= scratchBudget);
  if (near !== undefined) return near;
  const sizes = upTo(batch / threads);
  const enough = weightsFitCache(ops) ? 1 : (minProductRows * batch) / rowsOfLargest(ops);
  return sizes.find((n) => n >= enough) ?? sizes.at(-1)!;
}

/**
 * Divides the blocks into chunks for guided scheduling: threads take one after another, and later chunks are smaller, so that all
 * threads end at nearly the same time even if a core is slower or busy. Each chunk has its own partial sums, so results do not depend
 * on which thread runs it.
 *
 * @returns the first block of each chunk, then the number of blocks
 */
export function chunksOf(blocks: number, threads: number): number[] {
  const firsts = [0];
  for (let first = 0; first < blocks; firsts.push(first)) {
    first += threads === 1 ? blocks : Math.ceil((3 * (blocks - first)) / (4 * threads));
  }
  return firsts;
}

function weightsFitCache(ops: readonly Op[]): boolean {
  const packs = ops.filter((op) => op.kind === "pack");
  return packs.reduce((sum, { to }) => sum + to.size * bytesOf[to.dtype], 0) <= scratchBudget;
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
