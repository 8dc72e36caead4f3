/**
 * `compile()` is to tfjs what `jax.jit` and `tf.function` are to Python.
 *
 * The first call with arguments of some shapes runs the function once while every kernel, the gradients and the optimizer
 * included, is written down instead of computed (`graph/record.ts`). Passes tidy the graph, and a lowering makes it
 * one program. From then on, calls with such arguments run that program.
 */
import * as tf from "@tensorflow/tfjs";
import {
  type Arguments,
  argumentsOf,
  checkDonation,
  checkTensors,
  disposeDonated,
  donatedInputs,
  placesOf,
} from "./arguments";
import { bindingSwitch, type TensorMetadata } from "./binding";
import { type Captured, type Graph, printValue, sameShape } from "./graph/graph";
import { autocast } from "./graph/passes/autocast";
import { mergeCommonNodes } from "./graph/passes/common-nodes";
import { removeDeadNodes } from "./graph/passes/dead-nodes";
import { broadcastLate } from "./graph/passes/late-broadcasts";
import { removeNoOps } from "./graph/passes/no-ops";
import { inSequence, type Pass } from "./graph/passes/rewrite";
import { idOfTensor, isRecording, type Recording, record, tensorOfId } from "./graph/record";
import type { Executable, Target } from "./lowering";
import { router } from "./router";
import { type CompileDevice, targetFor } from "./targets";
import { flatten, mapTree, signatureOf, unflatten } from "./tree";

export interface CompileOptions {
  /** `bfloat16`: matrix products take bfloat16, the rest keeps float32; arguments and results stay float32. */
  readonly precision?: "float32" | "bfloat16";
  /** For messages; the function's own name when left out. */
  readonly name?: string;
  /** Positions of arguments that the call uses up: their tensors are disposed after the run (never when it failed). */
  readonly donate?: readonly number[];
  /** Where it runs: where the engine's tensors are (the default), or on the PJRT device, which arguments move to once. */
  readonly device?: CompileDevice;
}

/** What is known about one compiled form of a function. Times in milliseconds. */
export interface SignatureFacts {
  /** The arguments it is for, as text. */
  readonly signature: string;
  /** What runs, after the passes; `printGraph(graph)` shows it as text. */
  readonly graph: Graph;
  /** Operations in the graph. */
  readonly nodes: number;
  /** Running the function to record it. */
  readonly recordMs: number;
  /** Passes, and making it a program. */
  readonly lowerMs: number;
  /** The first run, in which the device's own compiler optimizes the program; undefined before it. */
  readonly firstRunMs: number | undefined;
}

export interface Compiled<A extends unknown[], R> {
  (...args: A): R;
  /** The same, while the event loop goes on. Arguments may be disposed as soon as this has returned. */
  async(...args: A): Promise<R>;
  /** Frees the programs and the captured tensors. The function cannot be called afterwards. */
  dispose(): void;
  /** One entry per compiled form, in the order of their first calls. */
  signatures(): SignatureFacts[];
}

/** One compiled form. */
interface Program {
  readonly variables: Recording["variables"];
  readonly executable: Executable;
  readonly target: Target;
  /** What the function returned while it was recorded: the places of the results, and its other leaves. */
  readonly result: unknown;
  facts: SignatureFacts;
}

/** A call ready to run. */
interface Prepared {
  readonly program: Program;
  readonly args: Arguments;
  readonly inputs: readonly number[];
  readonly donated: ReadonlySet<number>;
}

/**
 * Compiles a function of tensor trees.
 *
 * Tensors in the arguments may differ from call to call. All else is fixed in the program: shapes, dtypes, the structure of the
 * arguments, numbers and strings in them, and what the function closes over. So each new shape, and each new number,
 * costs a recording: pass what changes often as a tensor. (Only a `tf.Variable` that it closes over is read anew.)
 * Reading tensors' data inside is not possible; nor is assigning to variables: return the new values.
 *
 * Results are new tensors which the caller owns, as after `tf.tidy`. Under `tf.grad` and inside of another compiled function
 * a call runs the plain function, so both can look into it. Without TensorFlow (wasm, cpu) all calls do.
 *
 * @example
 * const step = compile((w: tf.Tensor, x: tf.Tensor) => tf.sub(w, tf.mul(0.1, tf.grad((w) => loss(w, x))(w))));
 * w = step(w, x);
 */
export function compile<A extends unknown[], R>(
  fn: (...args: A) => R,
  options: CompileOptions = {},
): Compiled<A, R> {
  const name = options.name ?? (fn.name || "function");
  const donate = options.donate ?? [];
  const optimize = passes(options.precision ?? "float32");
  const programs = new Map<string, Program>();
  let disposed = false;

  /** The program for these arguments, and its inputs; undefined where the plain function has to run. */
  function prepare(values: A): Prepared | undefined {
    if (disposed) throw new Error(`compile(${name}): this function has been disposed.`);
    const args = argumentsOf(values);
    checkTensors(name, args);
    checkDonation(name, args, donate);
    const target = targetFor(options.device ?? "engine");
    if (target === undefined || isRecording() || isOnTape()) return undefined;
    const signature = values.map((arg, i) => signatureOf(arg, `compile(${name}): argument ${i}`)).join(", ");
    let program = programs.get(signature);
    if (program === undefined) {
      program = makeProgram(fn, name, args, donate, signature, optimize, target);
      programs.set(signature, program);
    }
    return { program, args, inputs: inputsOf(program, args), donated: donatedInputs(args, donate) };
  }

  const compiled = (...args: A): R => {
    const prepared = prepare(args);
    if (prepared === undefined) return runPlain(fn, args, donate);
    const start = performance.now();
    const outputs = prepared.program.executable.run(prepared.inputs, prepared.donated);
    return finish<R>(prepared, outputs, performance.now() - start, donate);
  };

  const runAsync = async (...args: A): Promise<R> => {
    const prepared = prepare(args);
    if (prepared === undefined) return runPlain(fn, args, donate);
    const start = performance.now();
    const outputs = await prepared.program.executable.runAsync(prepared.inputs, prepared.donated);
    return finish<R>(prepared, outputs, performance.now() - start, donate);
  };

  return Object.assign(compiled, {
    async: runAsync,
    dispose: () => {
      disposed = true;
      for (const program of programs.values()) disposeProgram(program);
      programs.clear();
    },
    signatures: () => [...programs.values()].map((program) => program.facts),
  });
}

/** The passes that every graph goes through before it is lowered. */
function passes(precision: "float32" | "bfloat16"): Pass {
  const simplify = inSequence(removeDeadNodes, removeNoOps, broadcastLate, mergeCommonNodes);
  return precision === "bfloat16"
    ? inSequence(simplify, autocast, mergeCommonNodes, removeDeadNodes)
    : inSequence(simplify, removeDeadNodes);
}

function makeProgram<A extends unknown[]>(
  fn: (...args: A) => unknown,
  name: string,
  args: Arguments,
  donate: readonly number[],
  signature: string,
  optimize: Pass,
  target: Target,
): Program {
  const start = performance.now();
  let result: unknown;
  const { graph: recorded, variables } = record(name, args.tensors.flat(), (standIns) => {
    result = fn(...unflatten(args.values as A, standIns));
    return resultTensors(name, result);
  });
  const recordedAt = performance.now();
  try {
    const graph = optimize(recorded);
    const executable = target.lower(graph, placesOf(args, donate));
    const lowerMs = performance.now() - recordedAt;
    const facts = {
      signature,
      graph,
      nodes: graph.nodes.length,
      recordMs: recordedAt - start,
      lowerMs,
      firstRunMs: undefined,
    };
    return { variables, executable, target, result, facts };
  } catch (error) {
    releaseCaptured(recorded.captured);
    throw error;
  }
}

/** The tensors of a result; refuses what could not be returned again by later calls. */
function resultTensors(name: string, result: unknown): tf.Tensor[] {
  if (typeof (result as PromiseLike<unknown> | null | undefined)?.then === "function") {
    throw new Error(`compile(${name}): the function returned a promise. It must be synchronous.`);
  }
  signatureOf(result, `compile(${name}): the result`);
  const tensors = flatten(result);
  if (tensors.some((tensor) => tensor.isDisposed)) {
    throw new Error(`compile(${name}): the function returned a tensor that it had disposed.`);
  }
  return tensors;
}

/** Ids of the arguments' tensors, then of the captured ones; variables are read as they are now. */
function inputsOf({ facts, variables, target }: Program, { tensors }: Arguments): number[] {
  const captured = facts.graph.captured.map((value) => {
    const variable = variables.get(value);
    return variable === undefined ? value.handle : idOfTensor(variable);
  });
  return [...tensors.flat().map(idOfTensor), ...captured].map((id) => router.at(target.place, id));
}

/** Gives the outputs to the caller, and takes the donated arguments. */
function finish<R>(
  { program, args }: Prepared,
  outputs: readonly TensorMetadata[],
  runMs: number,
  donate: readonly number[],
): R {
  if (program.facts.firstRunMs === undefined) program.facts = { ...program.facts, firstRunMs: runMs };
  const tensors = outputs.map(({ id, shape }, i) => {
    const expected = program.facts.graph.results[i]!;
    if (!sameShape(shape, expected.shape)) {
      throw new Error(
        `Output ${i} was recorded as ${printValue(expected)}, but has the shape [${shape}]: a shape rule is wrong.`,
      );
    }
    return tensorOfId(id, shape, expected.dtype as tf.DataType);
  });
  disposeDonated(args, donate);
  return unflatten(program.result, tensors) as R;
}

/** The function as it is, with the same ownership of results: new tensors, everything else tidied away. */
function runPlain<A extends unknown[], R>(fn: (...args: A) => R, args: A, donate: readonly number[]): R {
  let result: unknown;
  tf.tidy(() => {
    result = mapTree(fn(...args), (tensor) => tensor.clone());
    return flatten(result);
  });
  // A recording or a gradient tape still needs the arguments.
  if (!isRecording() && !isOnTape()) disposeDonated(argumentsOf(args), donate);
  return result as R;
}

function disposeProgram({ facts, executable }: Program): void {
  executable.dispose();
  releaseCaptured(facts.graph.captured);
}

function releaseCaptured(captured: readonly Captured[]): void {
  for (const { handle } of captured) bindingSwitch.current.deleteTensor(handle);
}

/** Whether tfjs writes down kernels for a gradient now. */
function isOnTape(): boolean {
  const { gradientDepth, kernelDepth } = tf.engine().state;
  return gradientDepth > 0 && kernelDepth === 0;
}
