/** One compiled form of a function: for arguments of one signature. */
import type * as tf from "@tensorflow/tfjs";
import { type Arguments, batchInputs, inputsAt } from "./arguments";
import { bindingSwitch, type TensorMetadata } from "./binding";
import { type Captured, type Graph, printValue, sameShape } from "./graph/graph";
import type { Pass } from "./graph/passes/rewrite";
import { idOfTensor, kernelBackend, type Recording, record, tensorOfId } from "./graph/record";
import type { Executable, Target } from "./lowering";
import type { Steps } from "./steps";
import { tensorOwners } from "./tensor-owners";
import { flatten, signatureOf, unflatten } from "./tree";

/** Facts of one compiled form of a function. Times in milliseconds. */
export interface SignatureFacts {
  /** The arguments it is for, as text. */
  readonly signature: string;
  /** Its target: a native program, a TensorFlow function, or a PJRT device. */
  readonly runsOn: Executable["runsOn"];
  /** Reason why no native program runs it, such as "it is too small to be worth it"; undefined where one does. */
  readonly because: string | undefined;
  /** The graph that runs, after the passes; `printGraph(graph)` shows it as text. */
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

export interface Program {
  readonly variables: Recording["variables"];
  readonly executable: Executable;
  readonly target: Target;
  /** The return value of the recording: tensors in place of the results, and its other leaves. */
  readonly result: unknown;
  facts: SignatureFacts;
}

/** Inputs of compilation, besides the arguments of the first call. */
export interface Source {
  readonly fn: (...args: never[]) => unknown;
  readonly name: string;
  readonly donate: readonly number[];
  readonly batch: readonly number[] | undefined;
  readonly optimize: Pass;
}

/** Records the function at once, and makes the graph a program. */
export function* makeProgram(
  { fn, name, donate, batch, optimize }: Source,
  args: Arguments,
  signature: string,
  target: Target,
): Steps<Program> {
  const parameters = { donate: inputsAt(args, donate), batch: batchInputs(name, args, batch) };
  const start = performance.now();
  let result: unknown;
  const { graph: recorded, variables } = record(name, args.tensors.flat(), (standIns) => {
    result = fn(...(unflatten(args.values, standIns) as never[]));
    return resultTensors(name, result);
  });
  const recordedAt = performance.now();
  let made = false;
  try {
    const graph = optimize(recorded);
    const executable = yield* target.lower(graph, parameters);
    made = true;
    const { runsOn, because } = executable;
    const times = { recordMs: recordedAt - start, lowerMs: performance.now() - recordedAt };
    const facts = { signature, runsOn, because, graph, nodes: graph.nodes.length, ...times };
    return { variables, executable, target, result, facts: { ...facts, firstRunMs: undefined } };
  } finally {
    if (!made) releaseCaptured(recorded.captured);
  }
}

/** The tensors of a result; refuses what could not be returned again by later calls. */
export function resultTensors(name: string, result: unknown): tf.Tensor[] {
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

/** The inputs of a run, and those of them that it may use up. */
export interface Inputs {
  readonly ids: readonly number[];
  readonly donated: ReadonlySet<number>;
}

/**
 * Ids of the arguments' tensors, then of the captured ones; variables are read as they are now.
 *
 * @param originals the caller's tensors, where `args` are clones of them
 */
export function inputsOf(
  { facts, variables, target }: Program,
  args: Arguments,
  donate: readonly number[],
  originals?: Arguments,
): Inputs {
  const captured = facts.graph.captured.map((value) => {
    const variable = variables.get(value);
    return variable === undefined ? value.handle : idOfTensor(variable);
  });
  const ids = [...args.tensors.flat().map(idOfTensor), ...captured].map((id) =>
    tensorOwners.idFor(target.owner, id),
  );
  return { ids, donated: donatedInputs(args, donate, originals) };
}

/**
 * The inputs that a call may use up: a clone elsewhere still needs the data that it shares.
 *
 * @param originals the caller's tensors, where `args` are clones of them
 */
function donatedInputs(
  args: Arguments,
  donate: readonly number[],
  originals?: Arguments,
): ReadonlySet<number> {
  if (donate.length === 0) return new Set();
  const tensors = args.tensors.flat();
  const callers = originals?.tensors.flat() ?? [];
  const isFree = (i: number) => {
    const known = callers[i]?.isDisposed === false ? 2 : 1;
    return kernelBackend().refCount(tensors[i]!.dataId) === known;
  };
  return new Set(inputsAt(args, donate).filter(isFree));
}

/** The function's result, with the outputs of a run as its tensors. */
export function resultOf<R>(program: Program, outputs: readonly TensorMetadata[], runMs: number): R {
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
  return unflatten(program.result, tensors) as R;
}

/** Frees the program and the tensors that the function closes over. */
export function disposeProgram({ facts, executable }: Program): void {
  executable.dispose();
  releaseCaptured(facts.graph.captured);
}

function releaseCaptured(captured: readonly Captured[]): void {
  for (const { handle } of captured) bindingSwitch.current.deleteTensor(handle);
}
