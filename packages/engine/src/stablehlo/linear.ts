/** Matrix products. */
import { boolAttribute } from "../graph/shapes/rule";
import type { Emitter, Ssa } from "./emitter";
import { type HloRule, type HloRules, type Node, outputShape } from "./rule";
import { isFloat } from "./types";
import { broadcast, reshape } from "./vocabulary";

const isOne = (size: number) => size === 1;

/**
 * A product of (stacks of) matrices. Which side is transposed is only a matter of which axes are contracted, so
 * nothing is moved for it.
 */
function product(e: Emitter, node: Node, transposeA: boolean, transposeB: boolean): Ssa {
  const a = node.operand(0);
  const b = node.operand(1);
  const shape = outputShape(node);
  const stackA = a.shape.slice(0, -2);
  const stackB = b.shape.slice(0, -2);
  // One matrix for the whole stack, as with every weight: one large product instead of many small ones.
  if (stackB.every(isOne) && !transposeA) {
    const matrix = reshape(e, b, b.shape.slice(-2));
    const rows =
      a.shape.length < shape.length
        ? reshape(e, a, [...Array(shape.length - a.shape.length).fill(1), ...a.shape])
        : a;
    return dotGeneral(e, rows, matrix, [], rows.shape.length - 1, transposeB ? 1 : 0, shape);
  }
  // tfjs stacks every single matrix into a stack of one.
  if (shape.slice(0, -2).every(isOne)) {
    const [left, right] = [a, b].map((x) => reshape(e, x, x.shape.slice(-2))) as [Ssa, Ssa];
    const single = dotGeneral(e, left, right, [], transposeA ? 0 : 1, transposeB ? 1 : 0, shape.slice(-2));
    return reshape(e, single, shape);
  }
  const stack = shape.slice(0, -2);
  const left = stackLike(e, a, stackA, stack);
  const right = stackLike(e, b, stackB, stack);
  const rank = shape.length;
  return dotGeneral(
    e,
    left,
    right,
    stack.map((_, axis) => axis),
    transposeA ? rank - 2 : rank - 1,
    transposeB ? rank - 1 : rank - 2,
    shape,
  );
}

/** Repeats matrices so that both sides have stacks of the same shape. */
function stackLike(e: Emitter, x: Ssa, own: readonly number[], stack: readonly number[]): Ssa {
  return String(own) === String(stack) ? x : broadcast(e, x, [...stack, ...x.shape.slice(-2)]);
}

function dotGeneral(
  e: Emitter,
  a: Ssa,
  b: Ssa,
  batch: readonly number[],
  contractA: number,
  contractB: number,
  shape: readonly number[],
): Ssa {
  const dimensions =
    `lhs_batching_dimensions = [${batch}], rhs_batching_dimensions = [${batch}], ` +
    `lhs_contracting_dimensions = [${contractA}], rhs_contracting_dimensions = [${contractB}]`;
  // GPUs would otherwise multiply float32 with the 10 bits of TensorFloat-32. Whoever wants speed asks for bfloat16.
  const precision = isFloat(a.dtype) && a.dtype !== "bfloat16" ? "HIGHEST" : "DEFAULT";
  const wanted = `#stablehlo<precision ${precision}>`;
  return e.op(
    "dot_general",
    [a, b],
    { shape, dtype: a.dtype },
    { dot_dimension_numbers: `#stablehlo.dot<${dimensions}>`, precision_config: `[${wanted}, ${wanted}]` },
  );
}

const matMul: HloRule = (e, node) =>
  product(e, node, boolAttribute(node, "transpose_a"), boolAttribute(node, "transpose_b"));
const batchMatMul: HloRule = (e, node) =>
  product(e, node, boolAttribute(node, "adj_x"), boolAttribute(node, "adj_y"));

export const linear: HloRules = { MatMul: matMul, BatchMatMul: batchMatMul, BatchMatMulV2: batchMatMul };
