/**
 * bfloat16 for speed: matrix products take bfloat16, operations that need precision keep float32.
 *
 * Parameters and results stay float32, as tfjs has no bfloat16. The rules are those of
 * PyTorch's autocast (`torch.autocast("cpu", torch.bfloat16)`) as far as the operations correspond.
 */
import { type Graph, isConstant, sizeOf, type Value } from "../graph";
import { type Editor, rewrite } from "./rewrite";

/** Operations that take most of the time. They sum in float32. */
const products = new Set(["MatMul", "BatchMatMul", "BatchMatMulV2"]);

/** Operations that follow the type of their inputs: cheap arithmetic, and those that only move elements. */
const followers = new Set(
  (
    "Add AddV2 Sub Mul Div RealDiv Maximum Minimum Neg Abs Square Relu Sigmoid Tanh Select SelectV2 ZerosLike OnesLike " +
    "Identity Reshape ExpandDims Transpose BroadcastTo Slice StridedSlice ConcatV2 Pack Unpack SplitV Pad PadV2 Tile " +
    "ReverseV2 GatherV2 Equal NotEqual Less LessEqual Greater GreaterEqual"
  ).split(" "),
);

/** Followers that TensorFlow's CPU kernels compute five times faster in float32; their result is cast to bfloat16. */
const slowInBfloat16 = new Set(["Sigmoid", "Tanh"]);

/** Pass: casts between float32 and bfloat16 by the rules above; every value is cast at most once. */
export function autocast(graph: Graph): Graph {
  const casts = new Map<Value, Value>();

  function cast(value: Value, dtype: "float32" | "bfloat16", editor: Editor): Value {
    if (!isFloat(value) || value.dtype === dtype) return value;
    let result = casts.get(value);
    if (result === undefined) {
      result =
        isConstant(value) && dtype === "bfloat16"
          ? editor.constant(value.shape, dtype, value.data)
          : editor.add("Cast", { DstT: { type: "dtype", value: dtype } }, [value])[0]!;
      casts.set(value, result);
      // The cast back to bfloat16 gives the same value; one back to float32 would not.
      if (dtype === "float32") casts.set(result, value);
    }
    return result;
  }

  return rewrite(
    graph,
    (node, editor) => {
      const dtype = products.has(node.op)
        ? "bfloat16"
        : followers.has(node.op)
          ? commonType(node.inputs)
          : "float32";
      const inputs = node.inputs.map((value) =>
        cast(value, slowInBfloat16.has(node.op) ? "float32" : dtype, editor),
      );
      const outputs = editor.add(node.op, node.attributes, inputs, node.outputs.length);
      return slowInBfloat16.has(node.op) ? outputs.map((value) => cast(value, dtype, editor)) : outputs;
    },
    (result, editor) => cast(result, "float32", editor),
  );
}

const isFloat = (value: Value) => value.dtype === "float32" || value.dtype === "bfloat16";

/** bfloat16 if all tensors are bfloat16. Constant numbers do not count: half of a bfloat16 tensor is bfloat16. */
function commonType(inputs: readonly Value[]): "float32" | "bfloat16" {
  const floats = inputs.filter(isFloat);
  const tensors = floats.filter((value) => !(isConstant(value) && sizeOf(value.shape) === 1));
  return tensors.length > 0 && tensors.every((value) => value.dtype === "bfloat16") ? "bfloat16" : "float32";
}
