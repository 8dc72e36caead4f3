/** `x * sigmoid(x)`, the nonlinearity of a SwiGLU, as one operation of oneDNN, which TensorFlow's x86 builds contain. */

import { DataType } from "../datatypes";
import { graphBuilder } from "../graph/builder";
import {
  countReaders,
  type Graph,
  type GraphDType,
  type GraphNode,
  producers,
  type Value,
} from "../graph/graph";
import { removeDeadNodes } from "../graph/passes/dead-nodes";
import { rewrite } from "../graph/passes/rewrite";
import type { Executable } from "../lowering";
import type { TensorFlow } from "./context";
import type { EagerBinding } from "./eager";

const swish = "_MklSwish";

/**
 * Pass: `x * sigmoid(x)` becomes one operation, which reads and writes each element once. The casts that autocast puts around
 * the sigmoid go too. Where a gradient needs the sigmoid, it stays.
 *
 * @param canRun whether the operation can be used for a type; asked only when there is something to fuse
 */
export function fuseSwish(graph: Graph, canRun: (dtype: GraphDType) => boolean): Graph {
  const made = producers(graph);
  const readers = countReaders(graph);
  let fused = false;
  const rewritten = rewrite(graph, (node, editor) => {
    const x = swishInput(node, made, readers);
    if (x === undefined || !canRun(x.dtype)) return editor.keep(node);
    fused = true;
    return editor.keep({ ...node, op: swish, attributes: {}, inputs: [x] });
  });
  return fused ? removeDeadNodes(rewritten) : graph;
}

/** The x of `x * sigmoid(x)`, if the node is that product and nothing else reads the sigmoid. */
function swishInput(
  node: GraphNode,
  made: ReadonlyMap<Value, GraphNode>,
  readers: ReadonlyMap<Value, number>,
): Value | undefined {
  if (node.op !== "Mul") return undefined;
  const [a, b] = node.inputs as [Value, Value];
  if (a.dtype !== "float32" && a.dtype !== "bfloat16") return undefined;
  const isSigmoidOf = (value: Value, x: Value) => {
    const sigmoid = uncast(value, made);
    const node = made.get(sigmoid);
    if (node?.op !== "Sigmoid" || uncast(node.inputs[0]!, made) !== x) return false;
    return readers.get(value) === 1 && readers.get(sigmoid) === 1;
  };
  return isSigmoidOf(b, a) ? a : isSigmoidOf(a, b) ? b : undefined;
}

/** The value before it was cast, or the value itself. */
function uncast(value: Value, made: ReadonlyMap<Value, GraphNode>): Value {
  const node = made.get(value);
  return node?.op === "Cast" ? node.inputs[0]! : value;
}

/** Result of {@link canRunSwish}; TensorFlow is asked once. */
const answers = new Map<GraphDType, boolean>();

/**
 * True if this TensorFlow has the operation for a type. It is tried on one product of matrices: not every build has the kernel,
 * and not every processor has the instructions that oneDNN wants for bfloat16. Neither is documented.
 *
 * @param lower lowers a graph as it is; eagerly, TensorFlow does not find this kernel
 */
export function canRunSwish(
  tensorflow: TensorFlow,
  tensors: EagerBinding,
  dtype: GraphDType,
  lower: (graph: Graph) => Executable,
): boolean {
  // A GPU has no such kernel, and tensors would travel to the processor and back; other processors have not been measured.
  if (process.arch !== "x64" || tensorflow.devices.some(({ type }) => type === "GPU")) return false;
  let answer = answers.get(dtype);
  if (answer === undefined) {
    answer = runsOnOneProduct(tensors, lower, dtype);
    answers.set(dtype, answer);
  }
  return answer;
}

function runsOnOneProduct(
  tensors: EagerBinding,
  lower: (graph: Graph) => Executable,
  dtype: GraphDType,
): boolean {
  const input = tensors.createTensor([1, 1], DataType.float32, Float32Array.of(1));
  let executable: Executable | undefined;
  try {
    executable = lower(fuseSwish(oneSwish(dtype), () => true));
    for (const { id } of executable.run([input], new Set())) tensors.deleteTensor(id);
    return true;
  } catch {
    return false; // then the product and the sigmoid stay apart, which is only slower
  } finally {
    executable?.dispose();
    tensors.deleteTensor(input);
  }
}

/** `h * sigmoid(h)` of `h = x · x`, computed in `dtype`. (Right behind a cast TensorFlow runs it where it then cannot.) */
function oneSwish(dtype: GraphDType): Graph {
  const builder = graphBuilder("swish");
  const cast = (value: Value, to: GraphDType) =>
    builder.node("Cast", { DstT: { type: "dtype", value: to } }, [value], 1)[0]!;
  const x = cast(builder.parameter([1, 1], "float32"), dtype);
  const [h] = builder.node("MatMul", {}, [x, x], 1) as [Value];
  const [sigmoid] = builder.node("Sigmoid", {}, [h], 1) as [Value];
  const [product] = builder.node("Mul", {}, [h, sigmoid], 1) as [Value];
  return builder.build([cast(product, "float32")]);
}
