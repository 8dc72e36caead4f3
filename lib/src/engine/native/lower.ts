/** Lowers a graph to a C program that runs all of it in one call, on TensorFlow's tensors. */
import koffi from "koffi";
import { dataTypeOf } from "../graph/attributes";
import type { Graph, Value } from "../graph/graph";
import { sizeOf } from "../graph/graph";
import type { TensorMetadata } from "../binding";
import type { Executable } from "../lowering";
import type { TensorFlow } from "../tensorflow/context";
import type { EagerBinding } from "../tensorflow/eager";
import { check, notNull } from "../tensorflow/errors";
import type { Pointer } from "../tensorflow/ffi";
import { dims } from "../tensorflow/tensors";
import { bytesOf, type NativeType } from "./memory";
import { planGraph } from "./plan";
import { NotNative } from "./planner";
import { programText } from "./program";
import { compileText, type Toolchain } from "./toolchain";

type TfTensor = Pointer<"TF_Tensor">;

/** What a run has taken and has to give back. */
interface Call {
  readonly addresses: BigUint64Array;
  readonly inputs: readonly TfTensor[];
  readonly results: readonly TfTensor[];
}

/**
 * Makes a graph a native program.
 *
 * @throws NotNative where the graph has something that native programs do not do
 */
export function lowerNatively(
  tensorflow: TensorFlow,
  tensors: EagerBinding,
  tools: Toolchain,
  graph: Graph,
  threads: number,
): Executable {
  if (!tools.bfloat16 && graph.nodes.some(({ outputs }) => outputs.some(({ dtype }) => dtype === "bfloat16"))) {
    throw new NotNative("the processor has no instructions for bfloat16");
  }
  const plan = planGraph(graph, threads, tools.panel);
  const inputs = [...graph.parameters, ...graph.captured];
  const text = programText(plan, { inputs: inputs.length, results: graph.results.length }, tools.panel);
  const library = koffi.load(compileText(tools, text));
  const runProgram = library.func("run", "int", ["void *"]);
  const constants = plan.constants.map(({ data }) => data);
  const constantAddresses = constants.map((data) => koffi.address(data));
  const { c, status } = tensorflow;
  const what = () => `The compiled function "${graph.name}"`;

  const addressOf = (tensor: TfTensor, value: Value) =>
    sizeOf(value.shape) === 0 ? 0n : (notNull(c.TF_TensorData(tensor), what()) as bigint);

  function prepare(ids: readonly number[]): Call {
    const taken: TfTensor[] = [];
    const made: TfTensor[] = [];
    try {
      for (const id of ids) {
        const tensor = c.TFE_TensorHandleResolve(tensors.get(id).handle, status);
        check(c, status, what);
        taken.push(notNull(tensor, what()));
      }
      for (const { dtype, shape } of graph.results) {
        const bytes = sizeOf(shape) * bytesOf[dtype as NativeType];
        made.push(notNull(c.TF_AllocateTensor(dataTypeOf(dtype), dims(shape), shape.length, bytes), what()));
      }
    } catch (error) {
      for (const tensor of [...taken, ...made]) c.TF_DeleteTensor(tensor);
      throw error;
    }
    const addresses = BigUint64Array.from([
      ...taken.map((tensor, i) => addressOf(tensor, inputs[i]!)),
      ...made.map((tensor, i) => addressOf(tensor, graph.results[i]!)),
      ...constantAddresses,
    ]);
    return { addresses, inputs: taken, results: made };
  }

  function finish(call: Call, fault: number): TensorMetadata[] {
    try {
      if (fault === 1) throw new Error(`${what()} ran out of memory or of threads.`);
      if (fault === 2) throw new Error(`${what()}: an index is outside of the table that it looks up.`);
      return call.results.map((tensor) => {
        const handle = c.TFE_NewTensorHandle(tensor, status);
        check(c, status, what);
        return tensors.adopt(notNull(handle, what()));
      });
    } finally {
      for (const tensor of [...call.inputs, ...call.results]) c.TF_DeleteTensor(tensor);
    }
  }

  return {
    run(ids) {
      const call = prepare(ids);
      return finish(call, runProgram(call.addresses) as number);
    },
    async runAsync(ids) {
      const call = prepare(ids);
      const fault = await new Promise<number>((resolve) => {
        runProgram.async(call.addresses, (error: Error | null, fault: number) => resolve(error ? 1 : fault));
      });
      return finish(call, fault);
    },
    dispose() {
      void constants; // their memory has to live as long as the program
    },
  };
}
