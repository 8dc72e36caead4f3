import { type Graph, sameShape, type Value } from "../graph";
import { broadcast } from "../shapes/elementwise";
import { broadcastTo } from "./no-ops";
import { rewrite } from "./rewrite";

/** Operations that broadcast their inputs. */
const stretching = new Set(
  "Add AddV2 Sub Mul Div RealDiv Maximum Minimum SquaredDifference Neg Square Sqrt Rsqrt Exp Log".split(" "),
);

/**
 * Computes before broadcasting, not after: `BroadcastTo(a) / n` becomes `BroadcastTo(a / n)`, and `BroadcastTo(a) * b` becomes
 * `a * b`. The gradient of a mean then has the cost of the result of the mean, not of its input.
 */
export function broadcastLate(graph: Graph): Graph {
  /** Source of each broadcast value. */
  const narrow = new Map<Value, Value>();
  return rewrite(graph, (node, editor) => {
    const output = node.outputs[0]!;
    if (node.op === "BroadcastTo") narrow.set(output, node.inputs[0]!);
    if (!stretching.has(node.op) || !node.inputs.some((value) => narrow.has(value))) return editor.keep(node);

    const inputs = node.inputs.map((value) => narrow.get(value) ?? value);
    const shape = broadcast(
      { op: node.op, attributes: node.attributes, inputs, numOutputs: 1 },
      inputs.map((value) => value.shape),
    );
    if (sameShape(shape, output.shape)) return editor.keep({ ...node, inputs });
    const [small] = editor.add(node.op, node.attributes, inputs) as [Value];
    const stretched = broadcastTo(small, output, editor);
    narrow.set(stretched, small);
    return [stretched];
  });
}
