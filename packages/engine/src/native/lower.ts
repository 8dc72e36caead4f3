/** Lowers a graph to a C program that runs it in one call, on the tensors of TensorFlow. */
import koffi from "koffi";
import type { TensorMetadata } from "../binding";
import { dataTypeOf } from "../graph/attributes";
import { productFlops } from "../graph/flops";
import type { Graph } from "../graph/graph";
import type { Executable } from "../lowering";
import type { Steps } from "../steps";
import type { TensorFlow } from "../tensorflow/context";
import type { EagerBinding } from "../tensorflow/eager";
import { EagerTensor } from "../tensorflow/eager-tensor";
import { withMatrixUnit } from "./amx";
import { programText } from "./emit/program";
import { NotNative } from "./not-native";
import type { ConstantData, Plan } from "./plan/ops";
import { planGraph } from "./plan/plan-graph";
import { storeAsFloat32 } from "./schedule/bfloat16";
import { compileText, findToolchain } from "./toolchain";

/** Resources that a run has taken and must give back. */
interface Call {
  readonly addresses: BigUint64Array;
  readonly inputs: readonly EagerTensor[];
  readonly results: readonly EagerTensor[];
}

export const hasGpu = ({ devices }: TensorFlow): boolean => devices.some(({ type }) => type === "GPU");

/** Floating-point operations of matrix products below which compiling costs more time than it saves. */
const worthwhileFlops = 1e8;

/** @throws NotNative for graphs that gain nothing from it: small ones, and those without operations on each example */
function checkWorthwhile(graph: Graph, { batch, threads, ops }: Plan): void {
  if (productFlops(graph) < worthwhileFlops) throw new NotNative("it is too small to be worth it");
  if (batch === 1 && threads > 1)
    throw new NotNative('no argument is known to hold examples (name them in the option "batch" of compile)');
  if (batch < threads) throw new NotNative("it has fewer examples than threads");
  if (ops.some((op) => op.kind === "product" && !op.sliced))
    throw new NotNative("one of its matrix products is not over the batch");
}

/**
 * Compiles a graph to a native program.
 *
 * @param batch indices of the parameters whose first dimension is the batch; found by {@link planGraph} if undefined
 * @param anySize true to compile also graphs that do not gain from it
 * @throws NotNative if native programs do not support something in the graph, or if the machine has no C compiler
 */
export function* lowerNatively(
  tensorflow: TensorFlow,
  tensors: EagerBinding,
  graph: Graph,
  threads: number,
  batch: readonly number[] | undefined,
  anySize = false,
): Steps<Executable> {
  const found = yield* findToolchain();
  if (found === undefined)
    throw new NotNative(
      "no C compiler (cc, gcc or clang) works here: install one, set CC, or install the Python package ziglang beside TensorFlow",
    );
  if (hasGpu(tensorflow)) throw new NotNative("tensors are on a GPU");
  const usesBfloat16 = graph.nodes.some(({ outputs }) => outputs.some(({ dtype }) => dtype === "bfloat16"));
  const tools = usesBfloat16 ? (yield* withMatrixUnit(found)).tools : found;
  const plan = planGraph(graph, threads, tools, batch);
  if (!tools.bfloat16) storeAsFloat32(plan);
  if (!anySize) checkWorthwhile(graph, plan);
  const inputs = [...graph.parameters, ...graph.captured];
  const counts = { inputs: inputs.length, results: graph.results.length };
  const { text, parts } = programText(plan, counts, tools);
  const program = openProgram(yield* compileText(tools, graph.name, text, parts));
  const constants = allocateConstants(plan.constants);
  const what = () => `The compiled function "${graph.name}"`;

  function prepare(ids: readonly number[]): Call {
    const inputs = ids.map((id) => tensors.get(id));
    for (const tensor of inputs) tensor.hold();
    const results: EagerTensor[] = [];
    try {
      for (const { dtype, shape } of graph.results)
        results.push(EagerTensor.allocate(tensorflow, [...shape], dataTypeOf(dtype)));
      const addresses = [...inputs, ...results].map(({ address }) => address);
      return { addresses: BigUint64Array.from([...addresses, ...constants.addresses]), inputs, results };
    } catch (error) {
      for (const tensor of [...inputs, ...results]) tensor.release();
      throw error;
    }
  }

  function finish({ inputs, results }: Call, fault: number): TensorMetadata[] {
    for (const tensor of inputs) tensor.release();
    if (fault === 0) return results.map((tensor) => tensors.take(tensor));
    for (const tensor of results) tensor.release();
    if (fault === 1) throw new Error(`${what()} ran out of memory or of threads.`);
    throw new Error(`${what()}: an index is outside of the table that it looks up.`);
  }

  return {
    runsOn: "native",
    because: undefined,
    run(ids) {
      const call = prepare(ids);
      return finish(call, program.run(call.addresses));
    },
    async runAsync(ids) {
      const call = prepare(ids);
      const fault = await new Promise<number>((resolve) => {
        program.run.async(call.addresses, (error, fault) => resolve(error ? 1 : fault));
      });
      return finish(call, fault);
    },
    dispose() {
      program.close();
      constants.release();
    },
  };
}

interface Run {
  (addresses: BigUint64Array): number;
  async(addresses: BigUint64Array, done: (error: Error | null, fault: number) => void): void;
}

/** Number of users of each library. Equal graphs share a library, with its memory and its threads. */
const users = new Map<string, number>();

/** A compiled library, which frees its memory when its last user closes it. */
function openProgram(path: string): { run: Run; close(): void } {
  const library = koffi.load(path);
  users.set(path, (users.get(path) ?? 0) + 1);
  return {
    run: library.func("run", "int", ["void *"]) as unknown as Run,
    close() {
      users.set(path, users.get(path)! - 1);
      if (users.get(path) === 0) library.func("free_program", "void", [])();
    },
  };
}

/** Copies constants to memory that the garbage collector does not move, each aligned for vectors. */
function allocateConstants(constants: readonly ConstantData[]): { addresses: bigint[]; release(): void } {
  const offsets: number[] = [];
  let bytes = 0;
  for (const { data } of constants) {
    offsets.push(bytes);
    bytes += Math.ceil((data.byteLength + 128) / 64) * 64;
  }
  let memory: ArrayBuffer | undefined = new ArrayBuffer(bytes + 4096);
  constants.forEach(({ data }, i) => {
    new Uint8Array(memory!, offsets[i]).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  });
  const base = koffi.address(memory) as bigint;
  return {
    addresses: offsets.map((offset) => base + BigInt(offset)),
    // Until the release, the closure keeps the memory alive.
    release: () => {
      memory = undefined;
    },
  };
}
