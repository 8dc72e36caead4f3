/**
 * The small graph that {@link compile} records: what a function of tensors computes, as plain data.
 *
 * A graph is independent of the backend. Recording builds it, passes (`passes/`) map one graph to another, and a backend
 * lowers it to a TensorFlow function (`tensorflow/lower.ts`), a StableHLO program (`stablehlo/lower.ts`) or a native
 * program (`native/lower.ts`).
 *
 * The vocabulary of operations is TensorFlow's (`op: "BatchMatMulV2"`, its attribute names, its input order), because
 * that is what tfjs-node's kernels speak. What TensorFlow reads from a small input tensor at run time (the axes
 * of a `Sum`, the target of a `Reshape`) is here an input which is a {@link Constant}: see {@link constantData}.
 */

/** Types a tensor may have inside a graph. tfjs itself never sees `bfloat16`, `float64` or `int64`. */
export type GraphDType =
  | "float32"
  | "bfloat16"
  | "float64"
  | "int32"
  | "int64"
  | "uint8"
  | "bool"
  | "complex64"
  | "string";

/** Every dimension is known while recording; a scalar has the shape `[]`. */
export type Shape = readonly number[];

/** One tensor that flows through a graph. Its identity is the object; `id` is only for reading and for keys. */
export interface Value {
  readonly id: number;
  readonly shape: Shape;
  readonly dtype: GraphDType;
}

/** Constant data on the host, row by row: bool as 0/1, complex64 as interleaved pairs, bfloat16 as float32. */
export type HostData =
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | readonly Uint8Array[];

/** A value known while recording: an axis, a shape, the epsilon of a norm, a table that the function made. */
export interface Constant extends Value {
  readonly data: HostData;
}

/**
 * A tensor that existed before the recording and that the function used without taking it as an argument.
 * `handle` is the id that the backend's binding gave to a handle of its own for it: it stays valid when the tensor is disposed
 * and belongs to the owner of the graph.
 */
export interface Captured extends Value {
  readonly handle: number;
}

/** A setting of a node besides its inputs. The tag gives its type, for backends that are strict about it. */
export type Attribute =
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "int"; readonly value: number }
  | { readonly type: "ints"; readonly value: readonly number[] }
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "dtype"; readonly value: GraphDType };

/** Attributes by TensorFlow's names. The length of a list input (`N`) is not among them; it follows from the inputs. */
export type Attributes = Readonly<Record<string, Attribute>>;

/** One operation: reads `inputs`, makes `outputs`. Nothing in a graph is changed once it is made. */
export interface GraphNode {
  readonly op: string;
  /** Unique in its graph and readable: the operation and a number. */
  readonly name: string;
  readonly attributes: Attributes;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/**
 * A recorded function. A value is one of `parameters`, `captured` and `constants`, or an output of exactly one node.
 * `nodes` stand in an order in which every input is made before it is read.
 */
export interface Graph {
  readonly name: string;
  /** The tensors of the arguments, in the order in which their trees list them. */
  readonly parameters: readonly Value[];
  /** Further arguments of the program, behind the parameters, in this order. */
  readonly captured: readonly Captured[];
  readonly constants: readonly Constant[];
  readonly nodes: readonly GraphNode[];
  /** Results of the function. The same value may be here twice, and may be a parameter, captured or constant. */
  readonly results: readonly Value[];
}

/** Number of elements of a shape (1 for a scalar). */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const dimension of shape) size *= dimension;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dimension, i) => dimension === b[i]);
}

export function isConstant(value: Value): value is Constant {
  return "data" in value;
}

/** The data of a constant, such as axes, shapes and paddings; undefined for other values. */
export function constantData(value: Value): HostData | undefined {
  return isConstant(value) ? value.data : undefined;
}

/** The node that makes a value, for every value that a node makes. */
export function producers(graph: Graph): Map<Value, GraphNode> {
  const made = new Map<Value, GraphNode>();
  for (const node of graph.nodes) for (const output of node.outputs) made.set(output, node);
  return made;
}

/** Number of reads of each value, by nodes and as a result. */
export function countReaders(graph: Graph): ReadonlyMap<Value, number> {
  const counts = new Map<Value, number>();
  for (const value of [...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.results]) {
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

/** One line for a value, as in messages and {@link printGraph}: `%12 float32[8,81,512]`. */
export function printValue(value: Value): string {
  return `%${value.id} ${value.dtype}[${value.shape.join(",")}]`;
}

/** The graph as text, one node a line. */
export function printGraph(graph: Graph): string {
  const attributes = (node: GraphNode) =>
    Object.entries(node.attributes)
      .map(([name, attribute]) => `${name}=${String(attribute.value)}`)
      .join(" ");
  return [
    `${graph.name}(${graph.parameters.map(printValue).join(", ")})`,
    ...graph.captured.map((value) => `  captured ${printValue(value)}`),
    ...graph.constants.map((value) => `  constant ${printValue(value)}`),
    ...graph.nodes.map((node) =>
      `  ${node.outputs.map(printValue).join(", ")} = ${node.op}(${node.inputs.map((v) => `%${v.id}`).join(", ")}) ${attributes(node)}`.trimEnd(),
    ),
    `  return ${graph.results.map((value) => `%${value.id}`).join(", ")}`,
  ].join("\n");
}
