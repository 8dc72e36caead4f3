/** The steps that are timed, on random puzzles: how long a step takes does not depend on them. */
import { compile, disposeTree, flatten, mapTree, productFlops, type SignatureFacts, tf } from "tfjs-compile";
import { type BatchTensors, createModel, type Model } from "trm/model";
import { createRandom, type Random } from "trm/random";
import {
  createReasoner,
  initTrainState,
  type Reasoner,
  reasonStep,
  type StepRates,
  stepRates,
  type TrainState,
  trainStep,
} from "trm/trainer";
import { type BenchRow, rowModel, rowTraining } from "./rows";

/** A step that can be run again and again. */
export interface Work {
  /** Runs it once, until its metrics are on the host. */
  step(): Promise<void>;
  /** Facts of the compiled step after its first run; undefined if nothing was compiled. */
  facts(): ProgramFacts | undefined;
  dispose(): void;
}

/** Facts of a compiled step. */
export interface ProgramFacts {
  /** Running the function to record it. */
  readonly recordSeconds: number;
  /** Passes over the graph, and making it a program. */
  readonly lowerSeconds: number;
  readonly firstRunSeconds: number;
  /** Operations in the graph. */
  readonly nodes: number;
  /** Floating-point operations of its matrix products. */
  readonly flopsPerStep: number;
}

/** The step of a row. Uncompiled it is plain tfjs, in float32 whatever the row says. */
export function rowWork(row: BenchRow, { compiled }: { readonly compiled: boolean }): Work {
  return row.mode === "train" ? trainingWork(row, compiled) : evaluationWork(row, compiled);
}

function trainingWork(row: BenchRow, compiled: boolean): Work {
  const [model, training] = [createModel(rowModel(row)), rowTraining(row)];
  const { batchSize, precision } = training;
  const random = createRandom(0);
  const plain = (state: TrainState, batch: BatchTensors, rates: StepRates) =>
    trainStep(model, training, state, batch, rates);
  const program = compile(plain, { precision, donate: [0], name: "trainStep" });
  const step = compiled ? program.async : eagerly(plain);
  let state = initTrainState(model, model.init(random), batchSize);
  const batch = randomBatch(model, batchSize, random);
  const rates = stepRates(training, 1, new Int32Array(batchSize));
  return {
    async step() {
      const result = await step(state, batch, rates);
      // A compiled step has taken the old state.
      if (!compiled) disposeTree(state);
      state = result.state;
      await result.metrics.data();
      result.metrics.dispose();
    },
    facts: () => factsOf(program.signatures()),
    dispose() {
      disposeTree([state, batch, rates]);
      program.dispose();
    },
  };
}

function evaluationWork(row: BenchRow, compiled: boolean): Work {
  const model = createModel(rowModel(row));
  const random = createRandom(0);
  const reasoner = createReasoner(model, row.precision);
  const step = compiled
    ? reasoner.step.async
    : eagerly((...args: Parameters<Reasoner["step"]>) => reasonStep(model, ...args));
  const params = model.init(random);
  const batch = randomBatch(model, row.scale.batchSize, random);
  const latents = reasoner.start(params, batch);
  return {
    async step() {
      const result = await step(params, latents, batch);
      await result.verdicts.data();
      disposeTree(result);
    },
    facts: () => factsOf(reasoner.step.signatures()),
    dispose() {
      disposeTree([params, batch, latents]);
      reasoner.dispose();
    },
  };
}

function factsOf(signatures: readonly SignatureFacts[]): ProgramFacts | undefined {
  const last = signatures.at(-1);
  if (last === undefined) return undefined;
  const { recordMs, lowerMs, firstRunMs = 0, nodes, graph } = last;
  return {
    recordSeconds: recordMs / 1000,
    lowerSeconds: lowerMs / 1000,
    firstRunSeconds: firstRunMs / 1000,
    nodes,
    flopsPerStep: productFlops(graph),
  };
}

/** A function of tensor trees as plain tfjs runs it: results are new tensors, everything between is freed. */
function eagerly<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => Promise<R> {
  return async (...args) => {
    let result: R | undefined;
    tf.tidy(() => {
      result = mapTree(fn(...args), (tensor) => tensor.clone());
      return flatten(result);
    });
    return result as R;
  };
}

/** Any puzzles do. */
export function randomBatch({ config }: Model, batchSize: number, random: Random): BatchTensors {
  const tokens = () =>
    tf.tensor2d(
      Int32Array.from({ length: batchSize * config.seqLen }, () => random.int(1, config.vocabSize)),
      [batchSize, config.seqLen],
      "int32",
    );
  return {
    inputs: tokens(),
    labels: tokens(),
    puzzleIdentifiers: tf.zeros([batchSize], "int32"),
  };
}

/**
 * The speed of large matrix products, in floating-point operations a second: what a step could reach at most on this
 * machine, with this engine, precision and number of threads.
 */
export async function productSpeed(precision: "float32" | "bfloat16"): Promise<() => Promise<number>> {
  const size = 2048;
  const program = compile(
    // Two in a row, so that few casts to bfloat16 are timed with them.
    (a: tf.Tensor2D, b: tf.Tensor2D) => tf.matMul(tf.matMul(a, b), b),
    { precision, name: "products" },
  );
  const [a, b] = [tf.randomNormal([size, size]), tf.randomNormal([size, size])] as tf.Tensor2D[];
  const run = async () => {
    const result = await program.async(a, b);
    await result.data();
    result.dispose();
  };
  await run();
  const flops = productFlops(program.signatures()[0].graph);
  return async () => {
    const start = performance.now();
    await run();
    return (flops * 1000) / (performance.now() - start);
  };
}
