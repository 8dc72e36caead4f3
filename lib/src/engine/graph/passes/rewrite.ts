/** What passes share: walking a graph while values are replaced by others. */
import type { Graph, GraphNode, Value } from "../graph";

/** A pass maps a graph to one that computes the same. It never changes the graph it is given. */
export type Pass = (graph: Graph) => Graph;

/** Which value stands for which from here on. */
export type Replacements = Map<Value, Value>;

/** The node with its inputs replaced; the same object when nothing changes. */
export function replaceInputs(node: GraphNode, replacements: Replacements): GraphNode {
  if (!node.inputs.some((value) => replacements.has(value))) return node;
  return { ...node, inputs: node.inputs.map((value) => replacements.get(value) ?? value) };
}

/**
 * Rebuilds a graph node by node.
 *
 * @param step gets each node with its inputs already replaced; it gives the nodes to write instead (none drops it) and may
 *   enter into `replacements` which values now stand for the outputs
 */
export function rewrite(
  graph: Graph,
  step: (node: GraphNode, replacements: Replacements) => readonly GraphNode[],
): Graph {
  const replacements: Replacements = new Map();
  const nodes = graph.nodes.flatMap((node) => step(replaceInputs(node, replacements), replacements));
  return { ...graph, nodes, results: graph.results.map((value) => replacements.get(value) ?? value) };
}

/** Runs passes one after the other. */
export function inSequence(...passes: readonly Pass[]): Pass {
  return (graph) => passes.reduce((current, pass) => pass(current), graph);
}

/** Operations that give something else each time. They must neither be merged nor computed ahead. */
const random = new Set(["Multinomial"]);

export function isPure(node: GraphNode): boolean {
  return !random.has(node.op);
}

/** The first id that no value of the graph has. */
export function freshId(graph: Graph): number {
  let last = -1;
  for (const values of [graph.parameters, graph.captured, graph.constants]) {
    for (const { id } of values) last = Math.max(last, id);
  }
  for (const node of graph.nodes) for (const { id } of node.outputs) last = Math.max(last, id);
  return last + 1;
}
