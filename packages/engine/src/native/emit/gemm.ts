/** Matrix products, and the packing of their operands, as calls of `native/gemm.h`. */
import { sizeOf } from "../../graph/graph";
import {
  amxDepth,
  amxStride,
  even,
  lastTwo,
  type ProductTarget,
  packedSize,
  storedAs,
  type View,
} from "../plan/memory";
import type { PackOp, ProductOp } from "../plan/ops";
import { rowIndex } from "./rows";

/** The C function of a product. */
export interface ProductCode {
  readonly body: string;
  /** Operands, result, then temporaries; `scratch` has the size of each temporary in elements of the operands' type. */
  readonly parameters: readonly string[];
  readonly scratch: readonly number[];
  /** Rows, columns and depth of what one call multiplies, matrix by matrix. */
  readonly sizes: readonly [rows: number, columns: number, depth: number];
}

/** `BLOCK_M` and `BLOCK_K` of `native/gemm.h`. */
const block = { rows: 96, depth: 256 };

/** The widest panel for which blocked gradients of weights are faster. With AVX-512 and 1 MB of L2 cache they gain nothing. */
const maxBlockedPanel = 16;

/**
 * `c = a · b` or `c += a · b`.
 *
 * @param fraction the fraction of the batch that one call computes
 */
export function productCode(op: ProductOp, target: ProductTarget, fraction: number): ProductCode {
  const { panel, amx = false } = target;
  const isBf16 = op.a.buffer.dtype === "bfloat16";
  const kind = kindOf(isBf16, amx);
  const type = isBf16 ? "bf16" : "float";
  const to = op.to.view!;
  const isMatrix = op.a.shape.length === 2;
  const [m, k] = lastTwo(op.a.shape);
  const n = op.b.shape.at(-1)!;
  // In a block, the rows, the summed dimension, or the number of matrices is smaller.
  const rows = isMatrix && op.sliced && !op.accumulate ? m * fraction : m;
  const depth = isMatrix && op.sliced && op.accumulate ? k * fraction : k;
  const matrices = isMatrix ? 1 : sizeOf(op.a.shape.slice(0, -2)) * (op.sliced ? fraction : 1);
  const sizes = [rows, n, depth] as const;
  const [am, ak] = lastTwo(op.a.strides);
  const [bk, bn] = lastTwo(op.b.strides);

  if (op.accumulate && !isBf16 && am === 1 && bn === 1 && panel <= maxBlockedPanel && n >= 2 * panel) {
    const blocks = block.rows * block.depth + packedSize(target, "float32", block.depth, n);
    const body = `gemm_by_blocks(${rows}, ${n}, ${depth}, a, ${ak}, b, ${bk}, c, ${to.strides[0]}, s);`;
    const parameters = ["const float *a", "const float *b", "float *c", "float *s"];
    return { body, parameters, scratch: [blocks], sizes };
  }
  const lines: string[] = [];
  const scratch: number[] = [];
  const temporary = (size: number) => `s${scratch.push(size) - 1}`;
  let a = "a";
  let strides = `${am}, ${ak}`;
  let copy = "0";
  if (isBf16 && amx) {
    if (ak !== 1) copy = temporary(rows * amxStride(depth));
    else if (amxDepth(depth) !== depth) copy = temporary(rows * 32);
  } else if (isBf16) {
    const pairs = ak === 1 && depth % 2 === 0;
    if (pairs) strides = `${am}, 2`;
    else {
      a = temporary(rows * even(depth));
      lines.push(`pack_a_bf16(${a}, a + i, ${rows}, ${depth}, ${am}, ${ak});`);
      strides = `2, ${2 * rows}`;
    }
  }
  let b = "b";
  let panels = `${depth * panel}, ${panel}`;
  if (op.packed === undefined) {
    // A product may read past the end of a row, which is safe only in memory of the program.
    const isLocal = op.b.buffer.space.kind === "local";
    if (!isBf16 && bn === 1 && isLocal) panels = `${panel}, ${bk}`;
    else {
      b = temporary(packedSize(target, op.a.buffer.dtype, depth, n));
      lines.push(`pack_${kind}(${b}, b + j, ${depth}, ${n}, ${bk}, ${bn});`);
    }
  }
  const row = to.strides.at(-2)!;
  const at = (name: string, offset: string) => (name.length > 1 ? name : `${name} + ${offset}`);
  const sum = op.accumulate ? 1 : 0;
  const toBf16 = to.buffer.dtype === "bfloat16" ? 1 : 0;
  const operands = `${rows}, ${n}, ${depth}, ${at(a, "i")}, ${strides}, ${at(b, "j")}`;
  lines.push(
    isBf16
      ? `gemm_${kind}(${operands}, c + l, ${row}, ${sum}, ${toBf16}${amx ? `, ${copy}` : ""});`
      : `gemm_f32(${operands}, ${panels}, c + l, ${row}, ${sum}, ${to.buffer.roundsToBf16 ? 1 : 0});`,
  );
  const offsetOf = (view: View) =>
    isMatrix ? "0" : rowIndex(view.shape.slice(0, -2), view.strides.slice(0, -2), "q");
  const body = [
    `for (long q = 0; q < ${matrices}; q++) {`,
    `const long i = ${offsetOf(op.a)}, j = ${op.packed === undefined ? offsetOf(op.b) : "0"}, l = ${offsetOf(to)};`,
    "(void)i; (void)j;",
    ...lines,
    "}",
  ].join("\n");
  const parameters = [
    `const ${type} *a`,
    `const ${type} *b`,
    `${storedAs[to.buffer.dtype]} *c`,
    ...scratch.map((_, i) => `${type} *s${i}`),
  ];
  return { body, parameters, scratch, sizes };
}

/** The end of the names of a product and its packing. */
function kindOf(isBf16: boolean, amx: boolean): "f32" | "bf16" | "amx" {
  if (!isBf16) return "f32";
  return amx ? "amx" : "bf16";
}

/** Packs the panels `from` to `to`. */
export function packCode(
  { from: { buffer, shape, strides } }: PackOp,
  { panel, amx = false }: ProductTarget,
): { body: string; panels: number } {
  const isBf16 = buffer.dtype === "bfloat16";
  const kind = kindOf(isBf16, amx);
  const [k, n] = lastTwo(shape);
  const [ks, ns] = lastTwo(strides);
  const height = isBf16 ? (amx ? amxDepth(k) : even(k)) : k;
  const body = [
    "if (from >= to) return;",
    `const long first = from * ${panel}, last = to * ${panel} < ${n} ? to * ${panel} : ${n};`,
    `pack_${kind}(p1 + first * ${height}, p0 + first * ${ns}, ${k}, last - first, ${ks}, ${ns});`,
  ].join("\n");
  return { body, panels: Math.ceil(n / panel) };
}
