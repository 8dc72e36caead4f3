/** Expressions: the trees that describe the value of one element, before they become C. */
import type { NativeType } from "./memory";

/** An operator between two or more operands. */
export type Infix = "+" | "-" | "*" | "/" | "&" | "|" | "==" | "!=" | "<" | "<=" | ">" | ">=";

export type Expression =
  /** An argument of the operation, by its index. */
  | { readonly op: "arg"; readonly index: number }
  | { readonly op: "literal"; readonly value: number; readonly dtype: NativeType }
  | { readonly op: Infix; readonly args: readonly Expression[] }
  | { readonly op: "negate" | "not"; readonly args: readonly [Expression] }
  | { readonly op: "cast"; readonly to: "float" | "int32_t"; readonly args: readonly [Expression] }
  /** A condition, the value if it is true, and the value if it is false. */
  | { readonly op: "select"; readonly args: readonly [Expression, Expression, Expression] }
  /** A function of the C library or of `native/functions.h`. */
  | { readonly op: "call"; readonly name: string; readonly args: readonly Expression[] };

export const arg = (index: number): Expression => ({ op: "arg", index });
export const number = (value: number, dtype: NativeType = "float32"): Expression => ({
  op: "literal",
  value,
  dtype,
});
export const infix = (op: Infix, ...args: Expression[]): Expression => ({ op, args });
export const negate = (x: Expression): Expression => ({ op: "negate", args: [x] });
export const not = (x: Expression): Expression => ({ op: "not", args: [x] });
export const cast = (to: "float" | "int32_t", x: Expression): Expression => ({ op: "cast", to, args: [x] });
export const select = (condition: Expression, a: Expression, b: Expression): Expression => ({
  op: "select",
  args: [condition, a, b],
});
export const call = (name: string, ...args: Expression[]): Expression => ({ op: "call", name, args });

/** The first argument, unchanged. */
export const identity = arg(0);

/** The C text of an expression. @param args the C text of each argument */
export function toC(expression: Expression, args: readonly string[]): string {
  const isAtom = ["arg", "literal", "call", "cast"].includes(expression.op);
  return isAtom ? withoutParentheses(expression, args) : `(${withoutParentheses(expression, args)})`;
}

function withoutParentheses(expression: Expression, args: readonly string[]): string {
  switch (expression.op) {
    case "arg":
      return args[expression.index]!;
    case "literal":
      return literal(expression.value, expression.dtype);
    case "negate":
      return `-${toC(expression.args[0], args)}`;
    case "not":
      return `!${toC(expression.args[0], args)}`;
    case "cast":
      return `(${expression.to})${toC(expression.args[0], args)}`;
    case "select": {
      const [condition, a, b] = expression.args.map((x) => withoutParentheses(x, args));
      return `${condition} ? ${a} : ${b}`;
    }
    case "call":
      return `${expression.name}(${expression.args.map((x) => withoutParentheses(x, args)).join(", ")})`;
    default:
      return expression.args.map((x) => toC(x, args)).join(` ${expression.op} `);
  }
}

/** The C text of a number. */
export function literal(value: number, dtype: NativeType): string {
  if (dtype === "int32" || dtype === "bool") return `${Math.trunc(value)}`;
  if (Number.isNaN(value)) return "NAN";
  if (!Number.isFinite(value)) return value > 0 ? "INFINITY" : "(-INFINITY)";
  const text = Object.is(value, -0) ? "-0" : String(Math.fround(value));
  const written = text.includes(".") || text.includes("e") ? `${text}f` : `${text}.0f`;
  return text.startsWith("-") ? `(${written})` : written;
}

/** True for sums and products of arguments: computing them again costs less than reading them from memory. */
export const isCheap = (expression: Expression): boolean =>
  isMadeOf(expression, ({ op }) => ["arg", "+", "-", "*", "negate"].includes(op));

/** True if the C text has the same meaning for vectors and for numbers; see `native/vectors.h`. */
export const isVectorizable = (expression: Expression): boolean =>
  isMadeOf(
    expression,
    (part) =>
      ["arg", "literal", "+", "-", "*", "/", "negate"].includes(part.op) ||
      (part.op === "call" && part.name === "sigmoid_bf16"),
  );

/** True if a condition holds for an expression and all of its subexpressions. */
function isMadeOf(expression: Expression, allowed: (part: Expression) => boolean): boolean {
  const parts = "args" in expression ? expression.args : [];
  return allowed(expression) && parts.every((part) => isMadeOf(part, allowed));
}
