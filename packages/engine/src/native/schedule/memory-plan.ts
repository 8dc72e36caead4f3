/** The offsets of all buffers of a program. */
import { type Buffer, bytesOf, type View } from "../plan/memory";
import { type Op, type Plan, type ProductOp, reads, touches, writes } from "../plan/ops";
import { assignOffsets, type Lifetime } from "./arena";
import { fusedProducer, type Kernel, kernelOps, levelIn } from "./fuse";

/** Offsets of buffers in one memory space, and its size. */
export interface Allocation<T> {
  readonly offsets: ReadonlyMap<T, number>;
  readonly size: number;
}

/** Makes local buffers global if other stages read them, or if an operation reads them as a whole. */
export function promoteToGlobal({ ops }: Plan): readonly Op[] {
  for (const op of ops) {
    for (const { buffer } of reads(op)) {
      if (buffer.space.kind !== "local") continue;
      if (op.phase !== buffer.stage!.phase || !op.sliced) buffer.space = { kind: "global" };
    }
  }
  return ops;
}

/** Offsets of global buffers, in bytes. */
export function allocateGlobal(buffers: readonly Buffer[]): Allocation<Buffer> {
  const bytes = (buffer: Buffer) => Math.ceil((buffer.size * bytesOf[buffer.dtype] + 256) / 64) * 64;
  return consecutive(
    buffers.filter(({ space }) => space.kind === "global"),
    bytes,
  );
}

/** Offsets of partial sums, in floats. The sums of all chunks are consecutive. */
export function allocatePartial(buffers: readonly Buffer[], chunks: number): Allocation<Buffer> {
  return consecutive(
    buffers.filter(({ space }) => space.kind === "partial"),
    ({ size }) => size * chunks,
  );
}

function consecutive(buffers: readonly Buffer[], sizeOf: (buffer: Buffer) => number): Allocation<Buffer> {
  const offsets = new Map<Buffer, number>();
  let size = 0;
  for (const buffer of buffers) {
    offsets.set(buffer, size);
    size += sizeOf(buffer);
  }
  return { offsets, size };
}

/** The buffers that are stored in memory: results, and all that an operation outside of the loop of their producer reads. */
export function storedBuffers(kernels: readonly Kernel[]): ReadonlySet<Buffer> {
  const stored = new Set<Buffer>();
  for (const kernel of kernels) {
    for (const op of kernelOps(kernel)) {
      if (writes(op).space.kind === "result") stored.add(writes(op));
      for (const view of reads(op)) if (!isFused(kernel, op, view)) stored.add(view.buffer);
    }
  }
  return stored;
}

function isFused(kernel: Kernel, op: Op, view: View): boolean {
  if (op.kind !== "map" && op.kind !== "row") return false;
  if (kernel.kind === "epilogue")
    return (
      kernel.products.some((product) => writes(product) === view.buffer) || isFused(kernel.loop, op, view)
    );
  if (kernel.kind !== "loop") return false;
  const level = op.kind === "row" ? "element" : levelIn(kernel, op)!;
  return fusedProducer(kernel, level, { kind: "view", view }) !== undefined;
}

/** An entry of scratch memory: a buffer, or the n-th temporary of a product. */
export type ScratchKey = Buffer | string;

export const temporaryOf = ({ id }: ProductOp, n: number): ScratchKey => `${id} ${n}`;

/**
 * Offsets in the scratch memory of a thread, in bytes.
 *
 * @param temporariesOf elements of each temporary of a product, for a fraction of the batch
 */
export function allocateScratch(
  { batch }: Plan,
  kernels: readonly Kernel[],
  stored: ReadonlySet<Buffer>,
  temporariesOf: (op: ProductOp, fraction: number) => readonly number[],
  blockSize: number,
): Allocation<ScratchKey> {
  const lives = new Map<ScratchKey, Lifetime>();
  kernels.forEach((kernel, i) => {
    for (const op of kernelOps(kernel)) {
      for (const buffer of touches(op)) {
        if (buffer.space.kind !== "local" || !stored.has(buffer)) continue;
        const bytes = (buffer.size / batch) * blockSize * bytesOf[buffer.dtype];
        lives.set(buffer, { bytes, first: lives.get(buffer)?.first ?? i, last: i });
      }
      if (op.kind !== "product") continue;
      temporariesOf(op, op.sliced ? blockSize / batch : 1).forEach((elements, n) => {
        lives.set(temporaryOf(op, n), { bytes: elements * bytesOf[op.a.buffer.dtype], first: i, last: i });
      });
    }
  });
  const { offsets, bytes } = assignOffsets([...lives.values()]);
  return { offsets: new Map([...lives].map(([key, life]) => [key, offsets.get(life)!])), size: bytes };
}
