/** Products on the matrix unit, and the loop that reads their sums, block by block. */
import { amxDepth, type Buffer, lastTwo, type ProductTarget } from "../plan/memory";
import { writes } from "../plan/ops";
import type { Epilogue } from "../schedule/fuse";
import { type ProductCode, productCode } from "./gemm";
import { type KernelCode, Pointers } from "./pointers";
import { lanes, vectorLines } from "./vectors";

/** The code of products and loop. `parameters` are those of the products, and come before the pointers of the loop. */
export interface EpilogueCode extends KernelCode, Pick<ProductCode, "parameters" | "sizes"> {
  /** Number of temporaries of the left side, which come first. */
  readonly temporaries: number;
}

/** Rows of `amx_block` of `native/amx.h`, and the rows before its sums that it may write. */
const block = { rows: 32, before: 16 };

/**
 * The code of an epilogue.
 *
 * @param fraction the fraction of the batch that one call computes
 * @param stored the buffers that have to be in memory afterwards
 */
export function epilogueCode(
  { products, loop }: Epilogue,
  target: ProductTarget,
  fraction: number,
  stored: ReadonlySet<Buffer>,
): EpilogueCode {
  const [{ a }] = products;
  const { sizes, scratch } = productCode(products[0], target, fraction);
  const [rows, columns, depth] = sizes;
  const { panel } = target;
  const pointers = new Pointers();
  const sums = new Map(products.map((product, i) => [writes(product), `load_f32(sums${i} + k)`]));
  const lines = vectorLines(loop, stored, pointers, sums);
  const before = block.before * panel;
  const copy = scratch.length > 0 ? "s" : "0";
  const body = [
    `const AmxLeft left = amx_left(${rows}, ${depth}, a, ${lastTwo(a.strides).join(", ")}, ${copy});`,
    ...products.map(
      (_, i) =>
        `_Alignas(64) float block${i}[${before + block.rows * panel}], *sums${i} = block${i} + ${before};`,
    ),
    `for (long n = 0; n < ${columns}; n += ${panel})`,
    `for (long m = 0; m < ${rows}; m += ${block.rows}) {`,
    ...products.map((_, i) => `amx_block(sums${i}, left, b${i} + n * ${amxDepth(depth)}, ${rows}, m);`),
    `for (long r = 0; r < gemm_min(${rows} - m, ${block.rows}); r++)`,
    `for (long k = r * ${panel}, c = (m + r) * ${columns} + n; k < (r + 1) * ${panel}; k += ${lanes}, c += ${lanes}) {`,
    ...lines,
    "}",
    "}",
  ];
  return {
    body: body.join("\n"),
    pointers: pointers.all,
    parameters: [
      ...scratch.map(() => "bf16 *s"),
      "const bf16 *a",
      ...products.map((_, i) => `const bf16 *b${i}`),
    ],
    sizes,
    temporaries: scratch.length,
  };
}
