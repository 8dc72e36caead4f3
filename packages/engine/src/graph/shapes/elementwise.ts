/** Operations that work on each element alone: arithmetic, activations, comparisons, choice, conversion. */
import { type GraphDType, type Shape, sameShape } from "../graph";
import { commonShape } from "./geometry";
import {
  type Call,
  dtypeAttribute,
  forAll,
  input,
  like,
  type ShapeRule,
  type ShapeRules,
  shapeError,
} from "./rule";

/** The common shape of inputs under NumPy's rule of broadcasting. */
export function broadcast(call: Call, shapes: readonly Shape[]): Shape {
  const common = commonShape(shapes);
  if (common === undefined) throw shapeError(call, "these shapes cannot be broadcast together");
  return common;
}

const broadcastAll: ShapeRule = (call) => [
  {
    shape: broadcast(
      call,
      call.inputs.map((value) => value.shape),
    ),
    dtype: input(call, 0).dtype,
  },
];

const withDType =
  (dtype: GraphDType, rule: ShapeRule): ShapeRule =>
  (call) =>
    rule(call).map(({ shape }) => ({ shape, dtype }));

export const elementwise: ShapeRules = {
  ...forAll(
    "Abs Acos Acosh Asin Asinh Atan Atanh Ceil Cos Cosh Elu Erf Exp Expm1 Floor Identity LeakyRelu Log Log1p LogicalNot " +
      "Neg OnesLike Reciprocal Relu Relu6 Round Rsqrt Selu Sigmoid Sign Sin Sinh Softplus Sqrt Square Tan Tanh ZerosLike " +
      "Softmax FFT IFFT LRN StaticRegexReplace",
    like(0),
  ),
  ...forAll(
    "Add AddV2 Atan2 Div DivNoNan FloorDiv FloorMod Maximum Minimum Mul Pow RealDiv SquaredDifference Sub",
    broadcastAll,
  ),
  // The gradients of activations, written in terms of dy and the input or output.
  ...forAll("EluGrad LRNGrad ReluGrad SigmoidGrad TanhGrad RsqrtGrad", like(0)),
  ...forAll(
    "Equal Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr NotEqual",
    withDType("bool", broadcastAll),
  ),
  ...forAll("IsFinite IsInf IsNan", withDType("bool", like(0))),
  ...forAll("ComplexAbs Imag Real", withDType("float32", like(0))),
  Complex: withDType("complex64", like(0)),
  AddN: like(0),
  Select: (call) => {
    const [condition, { shape }] = [input(call, 0).shape, input(call, 1)];
    const perRow = condition.length === 1 && condition[0] === shape[0];
    const fits = condition.length === 0 || perRow || sameShape(condition, shape);
    if (!fits || !sameShape(shape, input(call, 2).shape)) {
      throw shapeError(
        call,
        "it needs two choices of one shape, and one flag for each element, for each row, or for all",
      );
    }
    return [input(call, 1)];
  },
  SelectV2: (call) => [
    {
      shape: broadcast(
        call,
        call.inputs.map((value) => value.shape),
      ),
      dtype: input(call, 1).dtype,
    },
  ],
  Cast: (call) => [{ shape: input(call, 0).shape, dtype: dtypeAttribute(call, "DstT", "float32") }],
};
