/**
 * `compile()` is to tfjs what `jax.jit` and `tf.function` are to Python.
 *
 * The first call with arguments of some shapes runs the function once and records every operation, those of gradients and the
 * optimizer included, instead of computing it (`graph/record.ts`). Passes simplify the graph, and a lowering makes it one program.
 * Later calls with such arguments run that program.
 */
import * as tf from "@tensorflow/tfjs";
import { type Arguments, argumentsOf, checkDonation, checkTensors, disposeDonated } from "./arguments";
import { learning } from "./autodiff";
import { autocast } from "./graph/passes/autocast";
import { mergeCommonNodes } from "./graph/passes/common-nodes";
import { removeDeadNodes } from "./graph/passes/dead-nodes";
import { broadcastLate } from "./graph/passes/late-broadcasts";
import { removeNoOps } from "./graph/passes/no-ops";
import { inSequence, type Pass } from "./graph/passes/rewrite";
import { isRecording } from "./graph/record";
import type { Target } from "./lowering";
import { runPlain } from "./plain";
import {
  disposeProgram,
  inputsOf,
  makeProgram,
  type Program,
  resultOf,
  type SignatureFacts,
} from "./program";
import { SharedWork } from "./shared-work";
import { runLater, runNow } from "./steps";
import { type CompileDevice, targetFor } from "./targets";
import { disposeTree, mapTree, signatureOfCall } from "./tree";

/** Options of {@link compile}. */
export interface CompileOptions {
  /** `bfloat16`: matrix products take bfloat16, the rest keeps float32; arguments and results stay float32. */
  readonly precision?: "float32" | "bfloat16";
  /** Name for messages. @default the function's own name */
  readonly name?: string;
  /** Positions of arguments that the call uses up: their tensors are disposed after a successful run. */
  readonly donate?: readonly number[];
  /**
   * Positions of arguments that hold examples: the first dimension of all their tensors, of any dtype, is the batch, and has one
   * size. Native programs compute blocks of examples in parallel. They need to know which arguments these are; it changes only
   * speed, never results. When left out, the most frequent first dimension of int32 and bool tensors is taken for the batch's
   * size, and the int32 and bool tensors that have it for examples: a function of floats alone has no batch then.
   */
  readonly batch?: readonly number[];
  /** Device: that of the engine's tensors (the default), or the PJRT device; arguments move there once. */
  readonly device?: CompileDevice;
}

/** Options of one call of {@link Compiled.run}. */
export interface CallOptions {
  /**
   * Ends the compiler if the call has to compile the function first, and the call with the signal's reason. A program that runs
   * already is not ended.
   */
  readonly signal?: AbortSignal;
}

/** A compiled function: it takes and returns what the plain one does. */
export interface Compiled<A extends unknown[], R> {
  (...args: A): R;
  /**
   * The same, while the event loop goes on, also while a compiler makes the program. Arguments may be disposed as soon as this has
   * returned; those that are donated are the call's.
   */
  async(...args: A): Promise<R>;
  /** {@link Compiled.async} with options. */
  run(args: A, options?: CallOptions): Promise<R>;
  /** Frees the programs and the captured tensors. The function cannot be called afterwards. */
  dispose(): void;
  /** One entry per compiled form, in the order in which they were compiled: what runs it, and why not natively. */
  signatures(): SignatureFacts[];
}

/** A call that has been checked. */
interface Call {
  readonly args: Arguments;
  readonly signature: string;
  readonly target: Target;
}

/**
 * Compiles a function of tensor trees.
 *
 * Tensors in the arguments may differ from call to call. All else is fixed in the program: shapes, dtypes, the structure of the
 * arguments, numbers and strings in them, and what the function closes over. So each new shape, and each new number,
 * compiles again: pass what changes often as a tensor. (A `tf.Variable` that it closes over is read at each call.)
 * The function cannot read the data of tensors or assign to variables; it returns the new values.
 *
 * Results are new tensors that the caller owns, as after `tf.tidy`. A call runs the plain function under `tf.grad`, inside of another
 * compiled function, and on the backends wasm and cpu.
 *
 * @example
 * const loss = (w: tf.Tensor, x: tf.Tensor) => tf.mean(tf.square(tf.matMul(x, w)));
 * const step = compile((w: tf.Tensor, x: tf.Tensor) => tf.sub(w, tf.mul(0.1, tf.grad((w) => loss(w, x))(w))));
 * const w = step(tf.ones([3, 1]), tf.ones([8, 3]));
 */
export function compile<A extends unknown[], R>(
  fn: (...args: A) => R,
  options: CompileOptions = {},
): Compiled<A, R> {
  const name = options.name ?? (fn.name || "function");
  const donate = options.donate ?? [];
  const optimize = passes(options.precision ?? "float32");
  const source = { fn, name, donate, batch: options.batch, optimize };
  const programs = new Map<string, Program>();
  /** Programs that asynchronous calls wait for. */
  const pending = new Map<string, SharedWork<Program>>();
  let disposed = false;

  function checkNotDisposed(): void {
    if (disposed) throw new Error(`compile(${name}): this function has been disposed.`);
  }

  /** Checks a call; undefined where the plain function has to run. */
  function check(values: A): Call | undefined {
    checkNotDisposed();
    const args = argumentsOf(values);
    checkTensors(name, args);
    checkDonation(name, args, donate);
    const target = targetFor(options.device ?? "engine");
    if (target === undefined || isRecording() || learning()) return undefined;
    const signature = signatureOfCall(name, values);
    return { args, signature, target };
  }

  /** Keeps a new program, unless another call has made one meanwhile. */
  function keep(signature: string, program: Program): Program {
    const other = programs.get(signature);
    if (disposed || other !== undefined) disposeProgram(program);
    checkNotDisposed();
    if (other === undefined) programs.set(signature, program);
    return other ?? program;
  }

  const compiled = (...values: A): R => {
    const call = check(values);
    if (call === undefined) return runPlain(fn, values, donate, isRecording());
    const { args, signature, target } = call;
    const program =
      programs.get(signature) ?? keep(signature, runNow(makeProgram(source, args, signature, target)));
    const { ids, donated } = inputsOf(program, args, donate);
    const start = performance.now();
    const result = resultOf<R>(program, program.executable.run(ids, donated), performance.now() - start);
    disposeDonated(args, donate);
    return result;
  };

  /** Waits for a program that this call, or one before it, has begun to make. */
  function compileLater({ args, signature, target }: Call, signal?: AbortSignal): Promise<Program> {
    let work = pending.get(signature);
    if (work === undefined || work.isAborted) {
      const started = new SharedWork(async (signal) => {
        try {
          return keep(signature, await runLater(makeProgram(source, args, signature, target), signal));
        } finally {
          if (pending.get(signature) === started) pending.delete(signature);
        }
      });
      pending.set(signature, started);
      work = started;
    }
    return work.wait(signal);
  }

  async function runAsync(program: Program, args: Arguments, originals?: Arguments): Promise<R> {
    const { ids, donated } = inputsOf(program, args, donate, originals);
    const start = performance.now();
    const outputs = await program.executable.runAsync(ids, donated);
    return resultOf<R>(program, outputs, performance.now() - start);
  }

  async function run(values: A, { signal }: CallOptions = {}): Promise<R> {
    signal?.throwIfAborted();
    const call = check(values);
    if (call === undefined) return runPlain(fn, values, donate, isRecording());
    const program = programs.get(call.signature);
    const result = program ? await runAsync(program, call.args) : await compileAndRun(call, signal);
    disposeDonated(call.args, donate);
    return result;
  }

  async function compileAndRun(call: Call, signal?: AbortSignal): Promise<R> {
    // The caller may dispose the arguments before there is a program to hold them.
    const held = mapTree(call.args.values, (tensor) => tf.keep(tensor.clone()));
    try {
      return await runAsync(await compileLater(call, signal), argumentsOf(held), call.args);
    } finally {
      disposeTree(held);
    }
  }

  return Object.assign(compiled, {
    async: (...values: A) => run(values),
    run,
    dispose: () => {
      disposed = true;
      for (const program of programs.values()) disposeProgram(program);
      programs.clear();
    },
    signatures: () => [...programs.values()].map((program) => program.facts),
  });
}

/** The passes that every graph goes through before it is lowered. */
export function passes(precision: "float32" | "bfloat16"): Pass {
  const simplify = inSequence(removeDeadNodes, removeNoOps, broadcastLate, mergeCommonNodes);
  return precision === "bfloat16"
    ? inSequence(simplify, autocast, mergeCommonNodes, removeDeadNodes)
    : inSequence(simplify, removeDeadNodes);
}
