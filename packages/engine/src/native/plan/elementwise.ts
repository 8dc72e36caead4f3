/** Elementwise operations as expressions. */
import type { GraphNode } from "../../graph/graph";
import {
  arg,
  call,
  cast,
  type Expression,
  type Infix,
  identity,
  infix,
  negate,
  not,
  number,
  select,
} from "./expression";
import type { NativeType } from "./memory";
import type { Source } from "./planner";

/**
 * The expression of an elementwise node; undefined for other nodes.
 *
 * @param sources sources of its inputs
 * @param fromBf16 as in {@link PlannedNode}
 */
export function expressionOf(
  node: GraphNode,
  sources: readonly Source[],
  fromBf16: boolean,
): Expression | undefined {
  const dtype = node.inputs[0]?.dtype;
  if (fromBf16 && node.op === "Sigmoid") return call("sigmoid_bf16", x);
  if (node.op === "Cast") return castTo(node.inputs[0]!.dtype, node.outputs[0]!.dtype as NativeType);
  if (node.op === "AddN") return infix("+", ...node.inputs.map((_, i) => arg(i)));
  if (dtype === "int32") return wholeNumbers[node.op] ?? anyNumbers[node.op];
  if (dtype === "bool") return flags[node.op] ?? anyNumbers[node.op];
  if (node.op === "Pow") return power(sources[1]!);
  return floats[node.op] ?? anyNumbers[node.op];
}

const [x, y, z] = [arg(0), arg(1), arg(2)];

/** bool means "not zero"; int32 drops the fraction. */
function castTo(from: string, to: NativeType): Expression {
  if (to === "bool") return infix("!=", x, number(0, "int32"));
  const isInteger = from === "int32" || from === "bool";
  if (to === "int32") return isInteger ? x : cast("int32_t", x);
  return isInteger ? cast("float", x) : x;
}

/** Gradients of roots use powers of 2, 1/2 and 3/2, which are products and roots. */
function power(exponent: Source): Expression {
  const value = exponent.kind === "literal" ? Math.fround(exponent.value) : undefined;
  if (value === 2) return infix("*", x, x);
  if (value === 0.5) return call("sqrtf", x);
  if (value === 1.5) return infix("*", x, call("sqrtf", x));
  return call("pow_f32", x, y);
}

const between = (op: Infix): Expression => infix(op, x, y);
const ofOne = (name: string): Expression => call(name, x);
const ofTwo = (name: string): Expression => call(name, x, y);
const difference = between("-");

const anyNumbers: Readonly<Record<string, Expression>> = {
  Add: between("+"),
  AddV2: between("+"),
  Sub: difference,
  Mul: between("*"),
  Neg: negate(x),
  Square: infix("*", x, x),
  SquaredDifference: infix("*", difference, difference),
  Equal: between("=="),
  NotEqual: between("!="),
  Less: between("<"),
  LessEqual: between("<="),
  Greater: between(">"),
  GreaterEqual: between(">="),
  Select: select(x, y, z),
  SelectV2: select(x, y, z),
  Identity: identity,
};

const flags: Readonly<Record<string, Expression>> = {
  LogicalAnd: between("&"),
  LogicalOr: between("|"),
  LogicalNot: not(x),
};

const wholeNumbers: Readonly<Record<string, Expression>> = {
  Maximum: select(between(">"), x, y),
  Minimum: select(between("<"), x, y),
  Abs: select(infix("<", x, number(0, "int32")), negate(x), x),
  FloorDiv: ofTwo("floordiv_i32"),
  FloorMod: ofTwo("floormod_i32"),
};

/** Functions of the C library, which do not vectorize. */
const fromLibrary = Object.fromEntries(
  ["Acos", "Acosh", "Asin", "Asinh", "Atanh", "Cos", "Cosh", "Sin", "Sinh", "Tan"].map((op) => [
    op,
    ofOne(`${op.toLowerCase()}f`),
  ]),
);

const floats: Readonly<Record<string, Expression>> = {
  ...fromLibrary,
  Abs: ofOne("fabsf"),
  Atan2: ofTwo("atan2_f32"),
  Atan: ofOne("atan_f32"),
  Ceil: ofOne("ceilf"),
  Div: between("/"),
  RealDiv: between("/"),
  Erf: ofOne("erf_f32"),
  Exp: ofOne("exp_f32"),
  Expm1: ofOne("expm1_f32"),
  Floor: ofOne("floorf"),
  FloorDiv: ofTwo("floordiv_f32"),
  FloorMod: ofTwo("floormod_f32"),
  IsFinite: infix("==", infix("-", x, x), number(0)),
  IsInf: infix("==", ofOne("fabsf"), number(Infinity)),
  IsNan: infix("!=", x, x),
  Log: ofOne("log_f32"),
  Log1p: ofOne("log1p_f32"),
  Maximum: ofTwo("max_f32"),
  Minimum: ofTwo("min_f32"),
  Reciprocal: infix("/", number(1), x),
  Relu: ofOne("relu_f32"),
  Relu6: call("min_f32", ofOne("relu_f32"), number(6)),
  Round: ofOne("round_even_f32"),
  Rsqrt: ofOne("rsqrt_f32"),
  Sigmoid: ofOne("sigmoid_f32"),
  Sign: ofOne("sign_f32"),
  Softplus: ofOne("softplus_f32"),
  Sqrt: ofOne("sqrtf"),
  Tanh: ofOne("tanh_f32"),
};
