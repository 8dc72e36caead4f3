/** Matrix products. */
import { sizeOf } from "../graph";
import { broadcast } from "./elementwise";
import {
  boolAttribute,
  type Call,
  forAll,
  input,
  type ShapeRule,
  type ShapeRules,
  shapeError,
  stringAttribute,
} from "./rule";

function product(call: Call, transposeA: boolean, transposeB: boolean): readonly number[] {
  const a = input(call, 0).shape;
  const b = input(call, 1).shape;
  if (a.length < 2 || b.length < 2) throw shapeError(call, "both inputs need at least two dimensions");
  const [rows, innerA] = transposeA ? [a.at(-1)!, a.at(-2)!] : [a.at(-2)!, a.at(-1)!];
  const [innerB, columns] = transposeB ? [b.at(-1)!, b.at(-2)!] : [b.at(-2)!, b.at(-1)!];
  if (innerA !== innerB) throw shapeError(call, `the inner dimensions ${innerA} and ${innerB} differ`);
  return [...broadcast(call, [a.slice(0, -2), b.slice(0, -2)]), rows, columns];
}

const batched: ShapeRule = (call) => [
  {
    shape: product(call, boolAttribute(call, "adj_x"), boolAttribute(call, "adj_y")),
    dtype: input(call, 0).dtype,
  },
];

/** The sizes of the letters in the equation, such as `bij,bjk->bik`. */
function einsumShape(call: Call): number[] {
  const equation = stringAttribute(call, "equation", "").replaceAll(" ", "");
  const [left, right] = equation.split("->");
  if (left === undefined || right === undefined || equation.includes(".")) {
    throw shapeError(call, `the equation "${equation}" must look like "ij,jk->ik", without an ellipsis`);
  }
  const sizes = new Map<string, number>();
  left.split(",").forEach((letters, operand) => {
    input(call, operand).shape.forEach((size, axis) => {
      sizes.set(letters.charAt(axis), size);
    });
  });
  return Array.from(right, (letter) => sizes.get(letter) ?? 1);
}

export const linear: ShapeRules = {
  MatMul: (call) => [
    {
      shape: product(call, boolAttribute(call, "transpose_a"), boolAttribute(call, "transpose_b")),
      dtype: input(call, 0).dtype,
    },
  ],
  ...forAll("BatchMatMul BatchMatMulV2", batched),
  Einsum: (call) => [{ shape: einsumShape(call), dtype: input(call, 0).dtype }],
  Diag: (call) => {
    const { shape, dtype } = input(call, 0);
    return [{ shape: sizeOf(shape) === 0 ? [0, 0] : [...shape, ...shape], dtype }];
  },
};
