/**
 * Data parallelism: examples are split among devices, all else is whole on each. XLA's partitioner then makes one program of a
 * graph for all devices, with the collective operations between them. Layouts change speed and rounding, never what is computed.
 */
import { batchSize, isWholeNumber } from "../graph/batch";
import type { Graph, Shape, Value } from "../graph/graph";
import { elementwise } from "./elementwise";

/** How a tensor lies: on the first device alone, whole on each, or with an equal part of its rows on each. */
export type Layout = "first" | "whole" | "split";

/** Devices of a program, and how its arguments and results lie on them. */
export interface Placement {
  readonly devices: number;
  readonly argument: (value: Value) => Layout;
  readonly result: (value: Value) => Layout;
}

const onFirst: Placement = { devices: 1, argument: () => "first", result: () => "first" };

/**
 * Splits the batch of a graph among devices; a graph without a batch that they can share equally runs on the first of them.
 *
 * @param given indices of the parameters whose first dimension is the batch; found as for native programs if undefined
 */
export function placementOf(graph: Graph, devices: number, given?: readonly number[]): Placement {
  const inputs = [...graph.parameters, ...graph.captured];
  const batch = given === undefined ? batchSize(inputs) : (inputs[given[0] ?? -1]?.shape[0] ?? 1);
  if (devices === 1 || batch === 1 || batch % devices !== 0) return onFirst;
  const known = inputs.filter(
    (value, i) => given?.includes(i) ?? (value.shape[0] === batch && isWholeNumber(value)),
  );
  const examples = examplesAmong(graph, batch, new Set(known));
  const argument = (value: Value) => (examples.has(value) ? "split" : "whole");
  return {
    devices,
    argument,
    result: (value) => (value.shape[0] === batch && !inputs.includes(value) ? "split" : argument(value)),
  };
}

/** Operations that keep the rows of their inputs, besides the element-wise ones. */
const keepsRows = new Set(["Reshape", "ExpandDims", "BroadcastTo", "ConcatV2", "GatherV2", "Slice", "Pad"]);

/**
 * Finds examples that are float: hidden states meet tokens or masks in element-wise operations, weights meet them in products
 * only. A weight with as many rows as the batch is thus no example.
 */
function examplesAmong(graph: Graph, batch: number, examples: Set<Value>): ReadonlySet<Value> {
  let before: number;
  do {
    before = examples.size;
    for (const { op, inputs, outputs } of graph.nodes) {
      const output = outputs[0]!;
      if (output.shape[0] !== batch) continue;
      if (op in elementwise) {
        const aligned = ({ shape }: Value) => shape[0] === batch && shape.length === output.shape.length;
        const rows = [...inputs.filter(aligned), output];
        if (rows.some((value) => examples.has(value))) for (const value of rows) examples.add(value);
      } else if (keepsRows.has(op) && inputs.some((value) => examples.has(value))) {
        examples.add(output);
      }
    }
  } while (examples.size > before);
  return examples;
}

/** XLA's text for a layout. */
export function shardingText(layout: Layout, shape: Shape, devices: number): string {
  if (layout === "first") return "";
  if (layout === "whole") return 'mhlo.sharding = "{replicated}"';
  return `mhlo.sharding = "{devices=[${[devices, ...shape.slice(1).map(() => 1)]}]<=[${devices}]}"`;
}

/** The shape of the part of a tensor that one device holds. */
export function partShape(shape: Shape, layout: Layout, devices: number): Shape {
  return layout === "split" ? [shape[0]! / devices, ...shape.slice(1)] : shape;
}
