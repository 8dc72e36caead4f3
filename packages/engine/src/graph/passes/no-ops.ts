import {
  type Constant,
  constantData,
  type Graph,
  type GraphNode,
  isConstant,
  sameShape,
  type Value,
} from "../graph";
import { type Editor, rewrite } from "./rewrite";

/**
 * Drops operations that change nothing. Gradients of tfjs have many: casts of float32 to float32, reshapes to the same
 * shape, products with tensors of ones (the gradients of sums and means), which become a {@link broadcastTo}.
 */
export function removeNoOps(graph: Graph): Graph {
  const ones = new Map<Constant, boolean>();
  const isOnes = (value: Value): boolean => {
    if (!isConstant(value) || value.dtype !== "float32") return false;
    let answer = ones.get(value);
    if (answer === undefined) {
      answer = (value.data as Float32Array).every((element) => element === 1);
      ones.set(value, answer);
    }
    return answer;
  };
  return rewrite(graph, (node, editor) => {
    const same = unchanged(node, isOnes);
    return same === undefined ? editor.keep(node) : [broadcastTo(same, node.outputs[0]!, editor)];
  });
}

/** The input whose elements are those of the output (perhaps repeated), if there is one. */
function unchanged(node: GraphNode, isOnes: (value: Value) => boolean): Value | undefined {
  const [a, b] = node.inputs as [Value, Value];
  const output = node.outputs[0]!;
  switch (node.op) {
    case "Identity":
      return a;
    case "Cast":
      return a.dtype === output.dtype ? a : undefined;
    case "Reshape":
    case "BroadcastTo":
    case "Slice":
      return sameShape(a.shape, output.shape) ? a : undefined;
    case "Tile":
      return Array.from(constantData(b) as Int32Array).every((times) => times === 1) ? a : undefined;
    case "Transpose":
      return Array.from(constantData(b) as Int32Array).every((axis, i) => axis === i) ? a : undefined;
    case "Mul":
      return isOnes(b) ? a : isOnes(a) ? b : undefined;
    case "RealDiv":
      return isOnes(b) ? a : undefined;
    default:
      return undefined;
  }
}

/** The value broadcast to the shape of another, or itself if it has that shape. */
export function broadcastTo(value: Value, target: Value, editor: Editor): Value {
  if (sameShape(value.shape, target.shape)) return value;
  const shape = editor.constant([target.shape.length], "int32", Int32Array.from(target.shape));
  return editor.add("BroadcastTo", {}, [value, shape])[0]!;
}
