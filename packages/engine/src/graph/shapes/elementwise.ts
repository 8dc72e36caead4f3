/** Operations that work on each element alone: arithmetic, activations, comparisons, choice, conversion. */
import type { GraphDType, Shape } from "../graph";
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

/** The common shape of tensors that are stretched along their dimensions of size 1 (NumPy's rule). */
export function broadcast(call: Call, shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let size = 1;
    for (const shape of shapes) {
      const dimension = shape[axis - rank + shape.length] ?? 1;
      if (dimension === 1 || dimension === size) continue;
      if (size !== 1) throw shapeError(call, "these shapes cannot be broadcast together");
      size = dimension;
    }
    return size;
  });
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
  // Select takes a whole tensor, one flag per row, or a scalar as condition; the result is shaped like the choices.
  Select: like(1),
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
