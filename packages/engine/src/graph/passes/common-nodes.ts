import type { Graph, GraphNode, Value } from "../graph";
import { isPure, rewrite } from "./rewrite";

/** Operations whose inputs may be swapped without changing a bit of the result. */
const commutative = new Set([
  "Add",
  "AddV2",
  "Mul",
  "Maximum",
  "Minimum",
  "Equal",
  "LogicalAnd",
  "LogicalOr",
]);

/** Merges nodes that compute the same from the same inputs (common-subexpression elimination). */
export function mergeCommonNodes(graph: Graph): Graph {
  const known = new Map<string, readonly Value[]>();
  return rewrite(graph, (node, editor) => {
    if (!isPure(node)) return editor.keep(node);
    const key = contentKey(node);
    const same = known.get(key);
    if (same !== undefined) return same;
    known.set(key, node.outputs);
    return editor.keep(node);
  });
}

function contentKey(node: GraphNode): string {
  const inputs = node.inputs.map((value) => value.id);
  if (commutative.has(node.op)) inputs.sort((a, b) => a - b);
  return `${node.op} ${inputs.join(",")} ${JSON.stringify(node.attributes)}`;
}
