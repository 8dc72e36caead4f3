/** Plans a recorded graph. */
import { batchSize, isWholeNumber } from "../../graph/batch";
import { countReaders, type Graph, isConstant, producers, sizeOf, type Value } from "../../graph/graph";
import { NotNative } from "../not-native";
import { identity } from "./expression";
import { coversBuffer, type ProductTarget, packedSize, wholeView } from "./memory";
import { lowerNode } from "./operations";
import type { ConstantData, Plan } from "./ops";
import { Planner, type Source } from "./planner";
import { nativeType } from "./rule";

/**
 * Plans a graph.
 *
 * @param given indices of the parameters whose first dimension is the batch; when left out, the most frequent first dimension of
 *   int32 and bool inputs is the batch's size, and those that have it are of the batch
 * @throws NotNative if native programs do not support something in the graph
 */
export function planGraph(
  graph: Graph,
  threads: number,
  target: ProductTarget,
  given?: readonly number[],
): Plan {
  const inputs = [...graph.parameters, ...graph.captured];
  if (
    [...inputs, ...graph.nodes.flatMap(({ outputs }) => outputs)].some(({ shape }) => sizeOf(shape) === 0)
  ) {
    throw new NotNative("it has tensors without elements");
  }
  const batch = given === undefined ? batchSize(inputs) : (inputs[given[0] ?? -1]?.shape[0] ?? 1);
  const planner = new Planner(batch, (dtype, k, n) => packedSize(target, dtype, k, n));
  const constants: ConstantData[] = [];
  const sources = new Map<Value, Source>();

  inputs.forEach((value, index) => {
    const dtype = nativeType(value.dtype);
    const buffer = planner.buffer(dtype, sizeOf(value.shape), { kind: "input", index });
    const ofBatch = given?.includes(index) ?? (value.shape[0] === batch && isWholeNumber(value));
    const perExample = batch > 1 && ofBatch;
    sources.set(value, { kind: "view", view: wholeView(buffer, value.shape), perExample });
  });

  const sourceOf = (value: Value): Source => {
    let source = sources.get(value);
    if (source === undefined) {
      source = constantSource(value, planner, constants);
      sources.set(value, source);
    }
    return source;
  };

  const readers = countReaders(graph);
  const made = producers(graph);
  const wasBf16 = (value: Value | undefined) => {
    const cast = value && made.get(value);
    return cast?.op === "Cast" && cast.inputs[0]!.dtype === "bfloat16";
  };
  for (const node of graph.nodes) {
    const lowered = lowerNode(planner, {
      ...node,
      sources: node.inputs.map(sourceOf),
      fromBf16: wasBf16(node.inputs[0]),
    });
    node.outputs.forEach((output, i) => {
      const source = lowered[i]!;
      // Partial sums with two readers cannot be stored inside one of them.
      const shared = source.kind === "sums" && readers.get(output) !== 1;
      sources.set(
        output,
        shared ? { kind: "view", view: planner.viewOf(source), perExample: false } : source,
      );
    });
  }

  graph.results.forEach((value, index) => {
    const source = sourceOf(value);
    const dtype = nativeType(value.dtype);
    const view = planner.viewOf(source);
    const { stage, space } = view.buffer;
    const isNew = stage !== undefined && (space.kind === "local" || space.kind === "global");
    if (isNew && coversBuffer(view) && view.buffer.dtype === dtype) {
      view.buffer.space = { kind: "result", index };
      return;
    }
    const copy = planner.map(value.shape, dtype, identity, [source]);
    copy.view.buffer.space = { kind: "result", index };
  });
  return { batch, threads, ops: planner.ops, buffers: planner.buffers, constants };
}

function constantSource(value: Value, planner: Planner, constants: ConstantData[]): Source {
  if (!isConstant(value)) throw new Error(`%${value.id} is used before it is computed`);
  const { data, shape } = value;
  const isArray = data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array;
  // Other constants are shapes and axes, which rules read from the node.
  if (!isArray) return { kind: "literal", value: 0, dtype: "int32", shape };
  const dtype = nativeType(value.dtype);
  if (sizeOf(shape) > 0 && data.every((element: number) => Object.is(element, data[0]))) {
    return { kind: "literal", value: data[0]!, dtype, shape };
  }
  const stored = dtype === "bfloat16" ? "float32" : dtype;
  const buffer = planner.buffer(stored, sizeOf(shape), { kind: "constant", index: constants.length });
  constants.push({ dtype: stored, data });
  return { kind: "view", view: wholeView(buffer, shape), perExample: false };
}
