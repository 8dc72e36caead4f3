/** Builds a graph in the order in which the recorded function computes. */
import {
  type Attributes,
  type Captured,
  type Constant,
  type Graph,
  type GraphDType,
  type GraphNode,
  type HostData,
  type Shape,
  sizeOf,
  type Value,
} from "./graph";
import { inferTypes } from "./shapes/infer";

/** Constants with at most this many elements are shared: a recorded step uses the same few axes thousands of times. */
const sharedSize = 64;

export interface GraphBuilder {
  parameter(shape: Shape, dtype: GraphDType): Value;
  /** A tensor that exists already; `handle` becomes the property of the graph. */
  capture(shape: Shape, dtype: GraphDType, handle: number): Captured;
  constant(shape: Shape, dtype: GraphDType, data: HostData): Constant;
  /** Adds a node and gives its outputs. Throws as {@link inferTypes} does. */
  node(op: string, attributes: Attributes, inputs: readonly Value[], numOutputs: number): readonly Value[];
  build(results: readonly Value[]): Graph;
}

export function graphBuilder(name: string): GraphBuilder {
  const parameters: Value[] = [];
  const captured: Captured[] = [];
  const constants: Constant[] = [];
  const nodes: GraphNode[] = [];
  const constantsByContent = new Map<string, Constant>();
  let nextId = 0;

  return {
    parameter(shape, dtype) {
      const value = { id: nextId++, shape, dtype };
      parameters.push(value);
      return value;
    },
    capture(shape, dtype, handle) {
      const value = { id: nextId++, shape, dtype, handle };
      captured.push(value);
      return value;
    },
    constant(shape, dtype, data) {
      const key = sizeOf(shape) <= sharedSize ? `${dtype}[${shape}]${contentKey(data)}` : undefined;
      const known = key === undefined ? undefined : constantsByContent.get(key);
      if (known !== undefined) return known;
      const value = { id: nextId++, shape, dtype, data };
      constants.push(value);
      if (key !== undefined) constantsByContent.set(key, value);
      return value;
    },
    node(op, attributes, inputs, numOutputs) {
      const types = inferTypes({ op, attributes, inputs, numOutputs });
      const name = `${op}_${nextId}`;
      const outputs = types.map(({ shape, dtype }) => ({ id: nextId++, shape, dtype }));
      nodes.push({ op, name, attributes, inputs, outputs });
      return outputs;
    },
    build: (results) => ({ name, parameters, captured, constants, nodes, results }),
  };
}

/** Bytes for floats, because -0 and 0 are the same text. */
function contentKey(data: HostData): string {
  if (data instanceof Float32Array || data instanceof Float64Array) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).join();
  }
  return Array.isArray(data) ? data.map((bytes) => bytes.join()).join(";") : data.join();
}
