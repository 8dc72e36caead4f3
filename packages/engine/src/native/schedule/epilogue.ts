/**
 * Joins products with the loop that reads their sums, such as the two of a SwiGLU with its activation. The matrix unit multiplies so fast
 * that rounding sums, storing them and reading them again takes as long; this loop reads the sums of a block while they are in the cache.
 */
import { type Buffer, coversBuffer } from "../plan/memory";
import { type ProductOp, reads, writes } from "../plan/ops";
import { type Kernel, kernelOps, type Loop } from "./fuse";

/** Rows of a tile, of which an example needs one, and columns of a panel, of which a product has whole ones. */
const block = { rows: 16, columns: 32 };

/**
 * Joins each loop with its products, if it reads nothing but their sums and nothing else reads these. Other arrays would be read and
 * written block by block, which measured slower where they are not in the cache.
 *
 * @param suits whether a loop can read sums instead of memory
 */
export function withEpilogues(
  kernels: readonly Kernel[],
  batch: number,
  suits: (loop: Loop) => boolean,
): Kernel[] {
  const users = usersOf(kernels);
  const joined = new Set<Kernel>();
  const result = kernels.map((kernel): Kernel => {
    if (kernel.kind !== "loop" || !kernel.sliced || !suits(kernel)) return kernel;
    const products = inputsOf(kernel).map((buffer) => onlyProduct(buffer, users.get(buffer)!));
    const [first] = products;
    if (first === undefined) return kernel;
    const fit = (product: ProductOp | undefined): product is ProductOp =>
      product !== undefined && hasBlocks(product, batch) && haveSameSizes(product, first);
    if (!products.every(fit)) return kernel;
    for (const product of products) joined.add(product);
    return { kind: "epilogue", phase: kernel.phase, sliced: true, products, loop: kernel };
  });
  return result.filter((kernel) => !joined.has(kernel));
}

/** The kernels that write or read each buffer, in order. */
function usersOf(kernels: readonly Kernel[]): ReadonlyMap<Buffer, ReadonlySet<Kernel>> {
  const users = new Map<Buffer, Set<Kernel>>();
  for (const kernel of kernels) {
    for (const buffer of kernelOps(kernel).flatMap((op) => [
      writes(op),
      ...reads(op).map(({ buffer }) => buffer),
    ])) {
      users.set(buffer, (users.get(buffer) ?? new Set()).add(kernel));
    }
  }
  return users;
}

/** The buffers that a loop reads and does not write. */
function inputsOf({ ops }: Loop): Buffer[] {
  const own = new Set(ops.map(writes));
  return [...new Set(ops.flatMap(reads).map(({ buffer }) => buffer))].filter((buffer) => !own.has(buffer));
}

/** The product that writes a buffer with one reader; undefined for other buffers. */
function onlyProduct(buffer: Buffer, users: ReadonlySet<Kernel>): ProductOp | undefined {
  const [first] = users;
  if (first?.kind !== "product" || users.size !== 2) return undefined;
  return writes(first) === buffer ? first : undefined;
}

/** True if a product of bfloat16 and packed weights has whole blocks, and its left side is read as it is. */
function hasBlocks({ a, b, to, packed, accumulate, sliced }: ProductOp, batch: number): boolean {
  if (!sliced || accumulate || packed === undefined || a.shape.length !== 2) return false;
  const [rows, columns] = [a.shape[0]! / batch, b.shape.at(-1)!];
  const isWhole = rows >= block.rows && columns % block.columns === 0;
  const { buffer } = to.view!;
  return (
    isWhole &&
    a.buffer.dtype === "bfloat16" &&
    a.strides[1] === 1 &&
    buffer.space.kind === "local" &&
    coversBuffer(to.view!)
  );
}

const haveSameSizes = (one: ProductOp, other: ProductOp): boolean =>
  String(one.a.shape) === String(other.a.shape) && one.b.shape.at(-1) === other.b.shape.at(-1);
