/**
 * Joins products with the loop that reads their sums, such as the two of a SwiGLU with its activation. The matrix unit multiplies so fast
 * that rounding sums, storing them and reading them again takes as long; this loop reads the sums of a block while they are in the cache.
 */
import { type Buffer, coversBuffer, type View } from "../plan/memory";
import { type ProductOp, touches, writes } from "../plan/ops";
import { inputsOf, type Kernel, kernelOps, type Loop } from "./fuse";
import { storedBuffers } from "./memory-plan";

/** Rows of a tile, of which an example needs one. */
const tileRows = 16;

/**
 * Joins each loop with its products of one left side, if it reads nothing but their sums and nothing else reads these. Other arrays would
 * be read and written block by block, which measured slower where they are not in the cache.
 *
 * @param panel columns of a panel, of which a product has whole ones
 * @param suits whether a loop can read sums instead of memory, given the buffers that have to be in memory
 */
export function withEpilogues(
  kernels: readonly Kernel[],
  batch: number,
  panel: number,
  suits: (loop: Loop, stored: ReadonlySet<Buffer>) => boolean,
): Kernel[] {
  const users = usersOf(kernels);
  const stored = storedBuffers(kernels);
  const joined = new Set<Kernel>();
  const result = kernels.map((kernel): Kernel => {
    if (kernel.kind !== "loop" || !kernel.sliced || !suits(kernel, stored)) return kernel;
    const [first, ...others] = [...inputsOf(kernel)].map((buffer) => onlyProduct(buffer, users.get(buffer)!));
    if (first === undefined || !hasBlocks(first, batch, panel)) return kernel;
    const fits = (product: ProductOp | undefined): product is ProductOp =>
      product !== undefined && hasBlocks(product, batch, panel) && areAlike(first, product);
    if (!others.every(fits)) return kernel;
    for (const product of [first, ...others]) joined.add(product);
    return {
      kind: "epilogue",
      phase: kernel.phase,
      sliced: true,
      products: [first, ...others],
      loop: kernel,
    };
  });
  return result.filter((kernel) => !joined.has(kernel));
}

/** The kernels that write or read each buffer, in order. */
function usersOf(kernels: readonly Kernel[]): ReadonlyMap<Buffer, ReadonlySet<Kernel>> {
  const users = new Map<Buffer, Set<Kernel>>();
  for (const kernel of kernels) {
    for (const buffer of kernelOps(kernel).flatMap(touches))
      users.set(buffer, (users.get(buffer) ?? new Set()).add(kernel));
  }
  return users;
}

/** The product that writes a buffer with one reader; undefined for other buffers. */
function onlyProduct(buffer: Buffer, users: ReadonlySet<Kernel>): ProductOp | undefined {
  const [first] = users;
  if (first?.kind !== "product" || users.size !== 2) return undefined;
  return writes(first) === buffer ? first : undefined;
}

/** True if a product of bfloat16 and packed weights has whole blocks, and its left side is read as it is. */
function hasBlocks(product: ProductOp, batch: number, panel: number): boolean {
  const { a, b, to, packed, accumulate, sliced } = product;
  if (!sliced || accumulate || packed === undefined || a.shape.length !== 2) return false;
  const isWhole = a.shape[0]! / batch >= tileRows && b.shape.at(-1)! % panel === 0;
  const { buffer } = to.view!;
  return (
    isWhole &&
    a.buffer.dtype === "bfloat16" &&
    a.strides[1] === 1 &&
    buffer.space.kind === "local" &&
    coversBuffer(to.view!)
  );
}

/** True if two products have the same left side and as many columns. */
function areAlike(one: ProductOp, other: ProductOp): boolean {
  const where = ({ offset, shape, strides }: View) => String([offset, ...shape, ...strides]);
  return (
    one.a.buffer === other.a.buffer &&
    where(one.a) === where(other.a) &&
    one.b.shape.at(-1) === other.b.shape.at(-1)
  );
}
