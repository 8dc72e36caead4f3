/** Products on the matrix unit, and the loop that reads their sums, block by block. */
import { amxDepth, type Buffer, lastTwo, type ProductTarget } from "../plan/memory";
import { writes } from "../plan/ops";
import type { Epilogue } from "../schedule/fuse";
import { type ProductCode, productCode } from "./gemm";
import { type KernelCode, Pointers } from "./pointers";
import { lanes, vectorLines } from "./vectors";

/** The code of products and loop. `parameters` are those of the products, and come before the pointers of the loop. */
export interface EpilogueCode extends KernelCode, Pick<ProductCode, "parameters" | "sizes"> {
  /** Number of temporaries of each product. */
  readonly temporaries: readonly number[];
}

/** Rows and columns of `amx_block` of `native/amx.h`, and the rows before its sums that it may write. */
const block = { rows: 32, columns: 32, before: 16 };

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
  const codes = products.map((product) => productCode(product, target, fraction));
  const { sizes } = codes[0]!;
  const [rows, columns, depth] = sizes;
  const pointers = new Pointers();
  const sums = new Map(products.map((product, i) => [writes(product), `load_f32(sums${i} + k)`]));
  const lines = vectorLines(loop, stored, pointers, sums);
  const before = block.before * block.columns;
  const body = [
    ...products.flatMap(({ a }, i) => {
      const scratch = codes[i]!.scratch.length > 0 ? `s${i}` : "0";
      const left = `amx_left(${rows}, ${depth}, a${i}, ${lastTwo(a.strides).join(", ")}, ${scratch})`;
      return [
        `const AmxLeft left${i} = ${left};`,
        `_Alignas(64) float block${i}[${before + block.rows * block.columns}], *sums${i} = block${i} + ${before};`,
      ];
    }),
    `for (long n = 0; n < ${columns}; n += ${block.columns})`,
    `for (long m = 0; m < ${rows}; m += ${block.rows}) {`,
    ...products.map((_, i) => `amx_block(sums${i}, left${i}, b${i} + n * ${amxDepth(depth)}, ${rows}, m);`),
    `for (long r = 0; r < gemm_min(${rows} - m, ${block.rows}); r++)`,
    `for (long k = r * ${block.columns}, c = (m + r) * ${columns} + n; k < (r + 1) * ${block.columns}; k += ${lanes}, c += ${lanes}) {`,
    ...lines,
    "}",
    "}",
  ];
  return {
    body: body.join("\n"),
    pointers: pointers.all,
    parameters: codes.flatMap(({ scratch }, i) => [
      `const bf16 *a${i}`,
      `const bf16 *b${i}`,
      ...scratch.map(() => `bf16 *s${i}`),
    ]),
    sizes,
    temporaries: codes.map(({ scratch }) => scratch.length),
  };
}
