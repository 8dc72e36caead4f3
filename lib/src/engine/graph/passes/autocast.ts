/**
 * bfloat16 where it pays: matrix products take bfloat16, everything that needs the digits keeps float32.
 *
 * tfjs has no bfloat16, so nothing of this shows outside: parameters and results stay float32. The rules are those of
 * PyTorch's autocast (`torch.autocast("cpu", torch.bfloat16)`) as far as the operations correspond.
 */
import {
  type Attributes,
  type Constant,
  type Graph,
  type GraphDType,
  type GraphNode,
  isConstant,
  sizeOf,
  type Value,
} from "../graph";
import { freshId } from "./rewrite";

/** They spend the time, and sum in float32 inside. */
const products = new Set(["MatMul", "BatchMatMul", "BatchMatMulV2"]);

/** They take whatever type their inputs have: cheap arithmetic, and everything that only moves elements. */
const followers = new Set(
  (
    "Add AddV2 Sub Mul Div RealDiv Maximum Minimum Neg Abs Square Relu Sigmoid Tanh Select SelectV2 ZerosLike OnesLike " +
    "Identity Reshape ExpandDims Transpose Slice StridedSlice ConcatV2 Pack Unpack SplitV Pad PadV2 Tile ReverseV2 GatherV2 " +
    "Equal NotEqual Less LessEqual Greater GreaterEqual"
  ).split(" "),
);

/** Pass: casts between float32 and bfloat16 by the rules above; every value is cast at most once. */
export function autocast(graph: Graph): Graph {
  const nodes: GraphNode[] = [];
  const constants: Constant[] = [...graph.constants];
  /** What each value of the old graph is now; values that are not here are unchanged. */
  const now = new Map<Value, Value>();
  const casts = new Map<Value, Value>();
  let nextId = freshId(graph);

  const emit = (op: string, attributes: Attributes, input: Value, dtype: GraphDType): Value => {
    const output = { id: nextId++, shape: input.shape, dtype };
    nodes.push({ op, name: `${op}_for_${output.id}`, attributes, inputs: [input], outputs: [output] });
    return output;
  };

  const castConstant = (constant: Constant): Constant => {
    const cast = { ...constant, id: nextId++, dtype: "bfloat16" as const };
    constants.push(cast);
    return cast;
  };

  const cast = (value: Value, dtype: "float32" | "bfloat16"): Value => {
    if (!isFloat(value) || value.dtype === dtype) return value;
    const known = casts.get(value);
    if (known !== undefined) return known;
    const result =
      isConstant(value) && dtype === "bfloat16"
        ? castConstant(value)
        : emit("Cast", { DstT: { type: "dtype", value: dtype } }, value, dtype);
    casts.set(value, result);
    // Going back is the original again, unless digits were lost on the way.
    if (dtype === "float32") casts.set(result, value);
    return result;
  };

  for (const node of graph.nodes) {
    const inputs = node.inputs.map((value) => now.get(value) ?? value);
    const dtype = products.has(node.op)
      ? "bfloat16"
      : followers.has(node.op)
        ? commonType(inputs)
        : "float32";
    const castInputs = inputs.map((value) => cast(value, dtype));
    const outputs = node.outputs.map((output) => {
      // Only the products and their followers carry bfloat16 on; comparisons give bool either way.
      if (output.dtype !== "float32" || dtype === "float32") return output;
      const result = { ...output, dtype };
      now.set(output, result);
      return result;
    });
    nodes.push({ ...node, inputs: castInputs, outputs });
  }

  const results = graph.results.map((value) => cast(now.get(value) ?? value, "float32"));
  return { ...graph, nodes, constants, results };
}

const isFloat = (value: Value) => value.dtype === "float32" || value.dtype === "bfloat16";

/** float32 wins over bfloat16, but a lone constant number has no say: halving a bfloat16 tensor gives bfloat16. */
function commonType(inputs: readonly Value[]): "float32" | "bfloat16" {
  const floats = inputs.filter(isFloat);
  const tensors = floats.filter((value) => !(isConstant(value) && sizeOf(value.shape) === 1));
  return tensors.length > 0 && tensors.every((value) => value.dtype === "bfloat16") ? "bfloat16" : "float32";
}
