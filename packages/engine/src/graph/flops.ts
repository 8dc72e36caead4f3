import type { Graph, GraphNode } from "./graph";
import { sizeOf } from "./graph";

const transposed: Readonly<Record<string, string>> = {
  MatMul: "transpose_a",
  BatchMatMul: "adj_x",
  BatchMatMulV2: "adj_x",
};

/**
 * Floating-point operations of a graph's matrix products: a multiplication and an addition count as two. Other operations are
 * small and not counted.
 */
export function productFlops(graph: Graph): number {
  return graph.nodes.reduce((sum, node) => sum + flopsOf(node), 0);
}

function flopsOf({ op, attributes, inputs, outputs }: GraphNode): number {
  const attribute = transposed[op];
  if (attribute === undefined) return 0;
  const inner = inputs[0]!.shape.at(attributes[attribute]?.value ? -2 : -1)!;
  return 2 * inner * sizeOf(outputs[0]!.shape);
}
