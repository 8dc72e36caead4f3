import type { Graph, Value } from "../graph";

/** Drops nodes and constants that no result depends on. Parameters and captured values stay: they are the call's arguments. */
export function removeDeadNodes(graph: Graph): Graph {
  const needed = new Set<Value>(graph.results);
  const nodes = [];
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i]!;
    if (!node.outputs.some((value) => needed.has(value))) continue;
    for (const value of node.inputs) needed.add(value);
    nodes.push(node);
  }
  return {
    ...graph,
    nodes: nodes.reverse(),
    constants: graph.constants.filter((constant) => needed.has(constant)),
  };
}
