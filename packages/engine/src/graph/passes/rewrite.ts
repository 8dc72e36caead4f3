/** Rebuilds a graph node by node, which all passes have in common. */
import type { Attributes, Constant, Graph, GraphDType, GraphNode, HostData, Shape, Value } from "../graph";
import { inferTypes } from "../shapes/infer";

/** A pass maps a graph to one that computes the same. It does not change its argument. */
export type Pass = (graph: Graph) => Graph;

/** Writes the new graph. */
export interface Editor {
  /** Adds an existing node and returns its outputs. */
  keep(node: GraphNode): readonly Value[];
  /** Adds a new node; shapes and dtypes follow from the inputs. */
  add(op: string, attributes: Attributes, inputs: readonly Value[], numOutputs?: number): readonly Value[];
  constant(shape: Shape, dtype: GraphDType, data: HostData): Constant;
}

/**
 * Rebuilds a graph.
 *
 * @param step gets each node, with its inputs replaced, and returns the values that replace its outputs
 * @param result returns the value that replaces a result of the graph; called after all nodes
 */
export function rewrite(
  graph: Graph,
  step: (node: GraphNode, editor: Editor) => readonly Value[],
  result: (value: Value, editor: Editor) => Value = (value) => value,
): Graph {
  const nodes: GraphNode[] = [];
  const constants: Constant[] = [...graph.constants];
  const replacements = new Map<Value, Value>();
  const now = (value: Value) => replacements.get(value) ?? value;
  let nextId = freshId(graph);

  const editor: Editor = {
    keep(node) {
      nodes.push(node);
      return node.outputs;
    },
    add(op, attributes, inputs, numOutputs = 1) {
      const types = inferTypes({ op, attributes, inputs, numOutputs });
      const name = `${op}_${nextId}`;
      const outputs = types.map(({ shape, dtype }) => ({ id: nextId++, shape, dtype }));
      return editor.keep({ op, name, attributes, inputs, outputs });
    },
    constant(shape, dtype, data) {
      const constant = { id: nextId++, shape, dtype, data };
      constants.push(constant);
      return constant;
    },
  };

  for (const node of graph.nodes) {
    const changed = node.inputs.some((value) => replacements.has(value));
    const standIns = step(changed ? { ...node, inputs: node.inputs.map(now) } : node, editor);
    node.outputs.forEach((output, i) => {
      if (standIns[i] !== output) replacements.set(output, standIns[i]!);
    });
  }
  const results = graph.results.map((value) => result(now(value), editor));
  return { ...graph, nodes, constants, results };
}

/** Runs passes one after the other. */
export function inSequence(...passes: readonly Pass[]): Pass {
  return (graph) => passes.reduce((current, pass) => pass(current), graph);
}

/** Operations with another result each time. They must neither be merged nor computed ahead. */
const random = new Set(["Multinomial"]);

export function isPure(node: GraphNode): boolean {
  return !random.has(node.op);
}

/** The first id that no value of the graph has. */
function freshId(graph: Graph): number {
  let last = -1;
  for (const values of [graph.parameters, graph.captured, graph.constants]) {
    for (const { id } of values) last = Math.max(last, id);
  }
  for (const node of graph.nodes) for (const { id } of node.outputs) last = Math.max(last, id);
  return last + 1;
}
