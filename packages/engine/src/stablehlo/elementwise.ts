/** Operations on each element alone. */
import { dtypeAttribute } from "../graph/shapes/rule";
import type { Emitter, Ssa } from "./emitter";
import { type HloRule, type HloRules, operands } from "./rule";
import { isFloat } from "./types";
import { binary, compare, convert, type Direction, number, reshape, select, unary } from "./vocabulary";

/** Operations of StableHLO, or of CHLO (its extension with more functions), by TensorFlow's names. */
const unaries: Readonly<Record<string, string>> = {
  Abs: "abs",
  Acos: "chlo.acos",
  Acosh: "chlo.acosh",
  Asin: "chlo.asin",
  Asinh: "chlo.asinh",
  Atan: "chlo.atan",
  Atanh: "chlo.atanh",
  Ceil: "ceil",
  Cos: "cosine",
  Cosh: "chlo.cosh",
  Erf: "chlo.erf",
  Exp: "exponential",
  Expm1: "exponential_minus_one",
  Floor: "floor",
  Log: "log",
  Log1p: "log_plus_one",
  LogicalNot: "not",
  Neg: "negate",
  Round: "round_nearest_even",
  Rsqrt: "rsqrt",
  Sigmoid: "logistic",
  Sign: "sign",
  Sin: "sine",
  Sinh: "chlo.sinh",
  Sqrt: "sqrt",
  Tan: "tan",
  Tanh: "tanh",
};

const binaries: Readonly<Record<string, string>> = {
  Add: "add",
  AddV2: "add",
  Atan2: "atan2",
  Div: "divide",
  LogicalAnd: "and",
  LogicalOr: "or",
  Maximum: "maximum",
  Minimum: "minimum",
  Mul: "multiply",
  Pow: "power",
  RealDiv: "divide",
  Sub: "subtract",
};

const comparisons: Readonly<Record<string, Direction>> = {
  Equal: "EQ",
  Greater: "GT",
  GreaterEqual: "GE",
  Less: "LT",
  LessEqual: "LE",
  NotEqual: "NE",
};

/** A rule given as a formula of one, two or three operands. */
const formula =
  (f: (e: Emitter, a: Ssa, b: Ssa, c: Ssa) => Ssa): HloRule =>
  (e, node) => {
    const [a, b, c] = operands(node);
    return f(e, a!, b!, c!);
  };

const mapNames = <T>(names: Readonly<Record<string, T>>, ruleOf: (name: T) => HloRule): HloRules =>
  Object.fromEntries(Object.entries(names).map(([op, name]) => [op, ruleOf(name)]));

const mul = (e: Emitter, a: Ssa, b: Ssa) => binary(e, "multiply", a, b);
const add = (e: Emitter, a: Ssa, b: Ssa) => binary(e, "add", a, b);
const sub = (e: Emitter, a: Ssa, b: Ssa) => binary(e, "subtract", a, b);
const isPositive = (e: Emitter, x: Ssa) => compare(e, "GT", x, number(e, 0, x));

/** log(1 + exp(x)) without overflow, as max(x, 0) + log(1 + exp(-|x|)). */
function softplus(e: Emitter, x: Ssa): Ssa {
  const rest = unary(e, "log_plus_one", unary(e, "exponential", unary(e, "negate", unary(e, "abs", x))));
  return add(e, binary(e, "maximum", x, number(e, 0, x)), rest);
}

/** exp(x) - 1 below zero, x above. */
function elu(e: Emitter, x: Ssa): Ssa {
  return select(e, isPositive(e, x), x, unary(e, "exponential_minus_one", x));
}

/** Division rounds towards minus infinity; StableHLO's integer division rounds towards zero. */
function floorDiv(e: Emitter, a: Ssa, b: Ssa): Ssa {
  const quotient = binary(e, "divide", a, b);
  if (isFloat(a.dtype)) return unary(e, "floor", quotient);
  return select(e, signsDiffer(e, a, b), sub(e, quotient, number(e, 1, quotient)), quotient);
}

/** The remainder takes the sign of the divisor; StableHLO's takes that of the dividend. */
function floorMod(e: Emitter, a: Ssa, b: Ssa): Ssa {
  const rest = binary(e, "remainder", a, b);
  return select(e, signsDiffer(e, a, b), add(e, rest, b), rest);
}

/** True if there is a remainder, and its sign is not the divisor's. */
function signsDiffer(e: Emitter, a: Ssa, b: Ssa): Ssa {
  const rest = binary(e, "remainder", a, b);
  const isRest = compare(e, "NE", rest, number(e, 0, rest));
  const negativeRest = compare(e, "LT", rest, number(e, 0, rest));
  const negativeDivisor = compare(e, "LT", b, number(e, 0, b));
  return binary(e, "and", isRest, compare(e, "NE", negativeRest, negativeDivisor));
}

/** `Select`: the condition may be one flag for each row of the choices. `SelectV2` broadcasts instead. */
const selectRows: HloRule = (e, node) => {
  const [condition, a, b] = operands(node) as [Ssa, Ssa, Ssa];
  const rank = a.shape.length;
  const perRow = condition.shape.length === 1 && rank > 1;
  const flags = perRow ? reshape(e, condition, [condition.shape[0]!, ...Array(rank - 1).fill(1)]) : condition;
  return select(e, flags, a, b);
};

const seluScale = 1.0507009873554805;
const seluAlpha = 1.6732632423543772;

export const elementwise: HloRules = {
  ...mapNames(unaries, (name) => formula((e, x) => unary(e, name, x))),
  ...mapNames(binaries, (name) => formula((e, a, b) => binary(e, name, a, b))),
  ...mapNames(comparisons, (direction) => formula((e, a, b) => compare(e, direction, a, b))),

  Identity: formula((_, x) => x),
  ZerosLike: (e, node) => number(e, 0, node.outputs[0]!),
  OnesLike: (e, node) => number(e, 1, node.outputs[0]!),
  Cast: (e, node) => convert(e, node.operand(0), dtypeAttribute(node, "DstT", "float32")),
  Select: selectRows,
  SelectV2: formula(select),
  AddN: (e, node) => operands(node).reduce((total, x) => add(e, total, x)),

  Square: formula((e, x) => mul(e, x, x)),
  SquaredDifference: formula((e, a, b) => {
    const difference = sub(e, a, b);
    return mul(e, difference, difference);
  }),
  Reciprocal: formula((e, x) => binary(e, "divide", number(e, 1, x), x)),
  DivNoNan: formula((e, a, b) => {
    const isZero = compare(e, "EQ", b, number(e, 0, b));
    const quotient = binary(e, "divide", a, b);
    return select(e, isZero, number(e, 0, quotient), quotient);
  }),
  FloorDiv: formula(floorDiv),
  FloorMod: formula(floorMod),

  IsFinite: formula((e, x) => e.op("is_finite", [x], { shape: x.shape, dtype: "bool" })),
  IsInf: formula((e, x) => compare(e, "EQ", unary(e, "abs", x), number(e, Number.POSITIVE_INFINITY, x))),
  IsNan: formula((e, x) => compare(e, "NE", x, x)),

  Softplus: formula(softplus),
  Relu: formula((e, x) => binary(e, "maximum", x, number(e, 0, x))),
  Relu6: formula((e, x) => {
    const positive = binary(e, "maximum", x, number(e, 0, x));
    return binary(e, "minimum", positive, number(e, 6, x));
  }),
  LeakyRelu: (e, node) => {
    const x = node.operand(0);
    const alpha = node.attributes.alpha?.type === "float" ? node.attributes.alpha.value : 0.2;
    return select(e, isPositive(e, x), x, mul(e, x, number(e, alpha, x)));
  },
  Elu: formula(elu),
  Selu: formula((e, x) => {
    const below = mul(e, unary(e, "exponential_minus_one", x), number(e, seluAlpha, x));
    return mul(e, select(e, isPositive(e, x), x, below), number(e, seluScale, x));
  }),

  // Gradients in terms of the output y (or input x) and the gradient dy of the output.
  SigmoidGrad: formula((e, y, dy) => mul(e, mul(e, dy, y), sub(e, number(e, 1, y), y))),
  TanhGrad: formula((e, y, dy) => mul(e, dy, sub(e, number(e, 1, y), mul(e, y, y)))),
  RsqrtGrad: formula((e, y, dy) => mul(e, mul(e, dy, number(e, -0.5, y)), mul(e, y, mul(e, y, y)))),
  ReluGrad: formula((e, dy, x) => select(e, isPositive(e, x), dy, number(e, 0, dy))),
  EluGrad: formula((e, dy, y) =>
    select(e, compare(e, "LT", y, number(e, 0, y)), mul(e, dy, add(e, y, number(e, 1, y))), dy),
  ),
};
