/** Compiles functions ahead of time to a module of WebAssembly, which runs them where there is no compiler: in a browser. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { argumentsOf, batchInputs, checkTensors } from "../arguments";
import { backendName } from "../binding";
import { passes } from "../compile";
import type { Value } from "../graph/graph";
import { record } from "../graph/record";
import { programText } from "../native/emit/program";
import type { ConstantData } from "../native/plan/ops";
import { planGraph } from "../native/plan/plan-graph";
import { flags, runCompiler, runtime, zigBesideTensorFlow } from "../native/toolchain";
import { resultTensors } from "../program";
import { runLater, runNow } from "../steps";
import { mapTensors, signatureOfCall } from "../tree";
import type { WasmDescription, WasmDtype, WasmProgram, WasmTensor } from "./description";

/** A function, and arguments of the shapes that its program is for; their data does not matter. */
export interface WasmFunction {
  /** A function of tensor trees, as `compile` takes it. */
  readonly fn: (...args: never[]) => unknown;
  readonly args: readonly unknown[];
  /** Name by which `compile` finds the program. */
  readonly name: string;
  /** As the option of `compile`. */
  readonly batch?: readonly number[];
}

/** A module, and the description that the page needs to call it. */
export interface WasmModule {
  readonly wasm: Uint8Array<ArrayBuffer>;
  readonly description: WasmDescription;
}

/** `PANEL` of `native/simd.h` for 128-bit vectors: the floats in a vector, times two. */
const target = { panel: 8 };

/** Pages of 64 KiB that a shared memory may grow to: 1 GiB. */
const MOST_PAGES = 16384;

/**
 * Compiles functions to one module, with Zig's C compiler. The programs run in float32. They share the module's memory, so that the result of
 * one can be the argument of another without a copy.
 *
 * @throws Error if Zig is missing, the engine does not run on TensorFlow or PJRT, or a function needs what WebAssembly lacks
 * @example no-run
 * await startEngine({ backend: "tensorflow" });
 * const double = { name: "double", fn: (x: tf.Tensor) => tf.mul(x, 2), args: [tf.zeros([4])] };
 * const { wasm, description } = await exportWasm([double]);
 */
export async function exportWasm(
  functions: readonly WasmFunction[],
  {
    simd = true,
    threads = 1,
  }: {
    /** False for browsers without 128-bit SIMD: the same results, several times slower. */
    readonly simd?: boolean;
    /** The most threads that programs with as many examples can use. Above 1 the module needs shared memory, which only isolated pages have. */
    readonly threads?: number;
  } = {},
): Promise<WasmModule> {
  if (tf.getBackend() !== backendName)
    throw new Error('exportWasm() records functions: call startEngine({ backend: "tensorflow" }) first.');
  const made = functions.map((given, index) => programOf(given, index, threads));
  const wasm = await compileModule(
    made.map(({ text }) => text),
    [...(simd ? ["-msimd128"] : []), ...(threads > 1 ? sharedMemory : [])],
  );
  const shared = threads > 1 && { threads, initial: importedPages(wasm), maximum: MOST_PAGES };
  const programs = made.map(({ program }) => program);
  return { wasm, description: { version: 1, simd, ...(shared && { shared }), programs } };
}

/** The compiler's options for threads; the first helper that starts finds the memory filled. */
const sharedMemory = [
  ...["-matomics", "-Wl,--shared-memory", "-Wl,--import-memory"],
  ...[`-Wl,--max-memory=${MOST_PAGES * 65536}`, "-Wl,--export=__stack_pointer"],
];

/** The pages that a module's memory begins with; it is the only thing that the module imports. */
function importedPages(wasm: Uint8Array): number {
  let at = 8; // after the header of the file
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const skip = (): void => {
    const bytes = number();
    at += bytes;
  };
  while (wasm[at++] !== 2) skip(); // to the section of imports
  number(); // its bytes
  number(); // how many there are
  skip(); // "env"
  skip(); // "memory"
  at += 2; // what it is, and that it is shared
  return number();
}

function programOf({ fn, args: values, name, batch }: WasmFunction, index: number, most: number) {
  const args = argumentsOf(values);
  checkTensors(name, args);
  let result: unknown;
  const recording = record(name, args.tensors.flat(), (standIns) => {
    let used = 0;
    result = fn(...(mapTensors(values, () => standIns[used++]) as never[]));
    const tensors = resultTensors(name, result);
    let made = 0;
    result = mapTensors(result, () => ({ tensor: made++ }));
    return tensors;
  });
  const graph = passes("float32")(recording.graph);
  if (graph.captured.length > 0)
    throw new Error(`exportWasm(${name}): it closes over tensors; pass them as arguments.`);
  const planned = (threads: number) => planGraph(graph, threads, target, batchInputs(name, args, batch));
  const single = planned(1);
  const plan = single.batch < most ? single : planned(most);
  const counts = { inputs: graph.parameters.length, results: graph.results.length };
  const entry = `run_${index}`;
  const program: WasmProgram = {
    name,
    signature: signatureOfCall(name, values),
    entry,
    inputs: graph.parameters.map((value) => tensorOf(name, value)),
    results: graph.results.map((value) => tensorOf(name, value)),
    constants: plan.constants.length,
    result: result ?? null,
  };
  const { text } = programText(plan, counts, target);
  return { program, text: `${text}\n${entryText(entry, counts.inputs + counts.results, plan.constants)}` };
}

function tensorOf(name: string, { shape, dtype }: Value): WasmTensor {
  if (dtype === "float32" || dtype === "int32" || dtype === "bool")
    return { shape: [...shape], dtype: dtype satisfies WasmDtype };
  throw new Error(`exportWasm(${name}): it takes or returns ${dtype}; it must be float32, int32 or bool.`);
}

/** The C text of the exported function, which adds the constants to the addresses. */
function entryText(entry: string, first: number, constants: readonly ConstantData[]): string {
  return `${constants.map(constantText).join("\n")}
__attribute__((export_name("${entry}"))) int ${entry}(void **A) {
${constants.map((_, i) => `  A[${first + i}] = (void *)constant_${i};`).join("\n")}
  return run(A);
}
`;
}

/** Floats by their bits, which no rounding changes. */
function constantText({ data }: ConstantData, i: number): string {
  const [type, values] =
    data instanceof Uint8Array
      ? ["uint8_t", data]
      : ["uint32_t", new Uint32Array(data.buffer, data.byteOffset, data.length)];
  // Matrix products read up to a panel behind the end.
  return `static const ${type} constant_${i}[${data.length + target.panel}] __attribute__((aligned(64))) = {${[...values].join("u,")}u};`;
}

/** `packages/engine/wasm`: the headers that take the place of the C library. */
const headers = join(runtime, "..", "wasm");

/** Zig of the Python package beside TensorFlow, else the one in PATH. */
const zig = (): string => zigBesideTensorFlow() ?? "zig";

/** True if there is a Zig that {@link exportWasm} can use. */
export const hasZig = (): boolean => runNow(runCompiler(zig(), ["version"], "")).status === 0;

/** Matrix products with the `gemm_columns` of `wasm/shared-tiles.h`. */
function sharedTiles(gemm: string): string {
  const own = "INLINE void gemm_columns(";
  if (!gemm.includes(own)) throw new Error("native/gemm.h defines no gemm_columns");
  return gemm.replace(own, '#include "shared-tiles.h"\nINLINE void gemm_columns_of_one_size(');
}

async function compileModule(
  texts: readonly string[],
  options: readonly string[],
): Promise<Uint8Array<ArrayBuffer>> {
  const folder = mkdtempSync(join(tmpdir(), "tfjs-compile-wasm-"));
  try {
    const files = texts.map((text, i) => {
      const path = join(folder, `${i}.c`);
      writeFileSync(path, text);
      return path;
    });
    writeFileSync(join(folder, "gemm.h"), sharedTiles(readFileSync(join(runtime, "gemm.h"), "utf8")));
    const output = join(folder, "module.wasm");
    const args = [
      ...["cc", "-target", "wasm32-freestanding", "-nostdlib", "-mbulk-memory", ...flags, "-s", "-g0"],
      ...options,
      ...[
        "-I",
        folder,
        "-I",
        headers,
        "-I",
        runtime,
        "-Wl,--no-entry",
        "-Wl,--export=__heap_base",
        ...files,
        "-o",
        output,
      ],
    ];
    const compiled = await runLater(runCompiler(zig(), args, ""), new AbortController().signal);
    if (compiled.error)
      throw new Error(
        `exportWasm() needs Zig's C compiler: install the Python package ziglang beside TensorFlow, or put zig into PATH (${compiled.error.message}).`,
      );
    if (compiled.status !== 0) throw new Error(`exportWasm(): ${compiled.stderr.trim().slice(0, 2000)}`);
    return new Uint8Array(readFileSync(output));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
