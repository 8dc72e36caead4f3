/** Operations on each element alone, as C expressions. */
import type { GraphNode } from "../graph/graph";
import type { NativeType } from "./memory";

/** C that computes an element from elements; the names of `lib/native/functions.h` may be used. */
export type Expression = (args: readonly string[]) => string;

/**
 * What a node computes for each element, and undefined where it is none of these operations.
 *
 * @param short whether the digits of a bfloat16 are enough
 */
export function expressionOf(node: GraphNode, short: boolean): Expression | undefined {
  const dtype = node.inputs[0]?.dtype;
  if (short && node.op === "Sigmoid") return call("sigmoid_bf16");
  if (node.op === "Cast") return castTo(node.inputs[0]!.dtype, node.outputs[0]!.dtype as NativeType);
  if (dtype === "int32") return wholeNumbers[node.op] ?? anyNumbers[node.op];
  if (dtype === "bool") return flags[node.op] ?? anyNumbers[node.op];
  return floats[node.op] ?? anyNumbers[node.op];
}

/** Whether an expression means the same of vectors as of numbers; see `lib/native/vectors.h`. */
export const suitsVectors = (expression: Expression, args: number): boolean =>
  /^(?:sigmoid_bf16|[x ()+*/-]|\d+\.\d+f)*$/.test(expression(Array.from({ length: args }, () => "x")));

/** Numbers become flags by "is not zero"; floats become integers by dropping their fraction. */
function castTo(from: string, to: NativeType): Expression {
  if (to === "bool") return ([x]) => `(${x} != 0)`;
  if (to === "int32") return ([x]) => (from === "int32" || from === "bool" ? x! : `(int32_t)${x}`);
  return ([x]) => (from === "int32" || from === "bool" ? `(float)${x}` : x!);
}

const call =
  (name: string): Expression =>
  (args) =>
    `${name}(${args.join(", ")})`;
const infix =
  (operator: string): Expression =>
  ([a, b]) =>
    `(${a} ${operator} ${b})`;

const anyNumbers: Readonly<Record<string, Expression>> = {
  Add: infix("+"),
  AddV2: infix("+"),
  Sub: infix("-"),
  Mul: infix("*"),
  Neg: ([x]) => `(-${x})`,
  Square: ([x]) => `(${x} * ${x})`,
  SquaredDifference: ([a, b]) => `((${a} - ${b}) * (${a} - ${b}))`,
  Equal: infix("=="),
  NotEqual: infix("!="),
  Less: infix("<"),
  LessEqual: infix("<="),
  Greater: infix(">"),
  GreaterEqual: infix(">="),
  Select: ([condition, a, b]) => `(${condition} ? ${a} : ${b})`,
  SelectV2: ([condition, a, b]) => `(${condition} ? ${a} : ${b})`,
  Identity: ([x]) => x!,
  AddN: (args) => `(${args.join(" + ")})`,
};

const flags: Readonly<Record<string, Expression>> = {
  LogicalAnd: infix("&"),
  LogicalOr: infix("|"),
  LogicalNot: ([x]) => `(!${x})`,
};

const wholeNumbers: Readonly<Record<string, Expression>> = {
  Maximum: ([a, b]) => `(${a} > ${b} ? ${a} : ${b})`,
  Minimum: ([a, b]) => `(${a} < ${b} ? ${a} : ${b})`,
  Abs: ([x]) => `(${x} < 0 ? -${x} : ${x})`,
  FloorDiv: call("floordiv_i32"),
  FloorMod: call("floormod_i32"),
};

/** C's own; no loop over them becomes vector instructions. */
const fromLibrary = Object.fromEntries(
  ["Acos", "Acosh", "Asin", "Asinh", "Atanh", "Cos", "Cosh", "Sin", "Sinh", "Tan"].map((op) => [
    op,
    call(`${op.toLowerCase()}f`),
  ]),
);

const floats: Readonly<Record<string, Expression>> = {
  ...fromLibrary,
  Abs: call("fabsf"),
  Atan2: call("atan2_f32"),
  Atan: call("atan_f32"),
  Ceil: call("ceilf"),
  Div: infix("/"),
  RealDiv: infix("/"),
  Erf: call("erf_f32"),
  Exp: call("exp_f32"),
  Expm1: call("expm1_f32"),
  Floor: call("floorf"),
  FloorDiv: call("floordiv_f32"),
  FloorMod: call("floormod_f32"),
  IsFinite: ([x]) => `(${x} - ${x} == 0.0f)`,
  IsInf: ([x]) => `(fabsf(${x}) == INFINITY)`,
  IsNan: ([x]) => `(${x} != ${x})`,
  Log: call("log_f32"),
  Log1p: call("log1p_f32"),
  Maximum: call("max_f32"),
  Minimum: call("min_f32"),
  Pow: power,
  Reciprocal: ([x]) => `(1.0f / ${x})`,
  Relu: call("relu_f32"),
  Relu6: ([x]) => `min_f32(relu_f32(${x}), 6.0f)`,
  Round: call("round_even_f32"),
  Rsqrt: call("rsqrt_f32"),
  Sigmoid: call("sigmoid_f32"),
  Sign: call("sign_f32"),
  Softplus: call("softplus_f32"),
  Sqrt: call("sqrtf"),
  Tanh: call("tanh_f32"),
};

/** The powers that gradients of roots ask for are products and roots. */
function power([x, y]: readonly string[]): string {
  const exponent = /^-?[\d.e+-]+f$/.test(y!) ? Number.parseFloat(y!) : undefined;
  if (exponent === 2) return `(${x} * ${x})`;
  if (exponent === 0.5) return `sqrtf(${x})`;
  if (exponent === 1.5) return `(${x} * sqrtf(${x}))`;
  return `pow_f32(${x}, ${y})`;
}

/** A number as C writes it. */
export function literal(value: number, dtype: NativeType): string {
  if (dtype === "int32" || dtype === "bool") return `${Math.trunc(value)}`;
  if (Number.isNaN(value)) return "NAN";
  if (!Number.isFinite(value)) return value > 0 ? "INFINITY" : "(-INFINITY)";
  const text = String(Math.fround(value));
  const written = `${/[.e]/.test(text) ? text : `${text}.0`}f`;
  return value < 0 || Object.is(value, -0) ? `(${Object.is(value, -0) ? "-0.0f" : written})` : written;
}
