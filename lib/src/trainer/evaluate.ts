import { type Compiled, compile, disposeTree, tf } from "tfjs-compile";
import type { Batch, Dataset } from "../batches/dataset";
import { testBatches } from "../batches/sample";
import { type BatchTensors, freshLatents } from "../model/carry";
import type { Model, ModelOutput, ModelParams } from "../model/model";
import type { Latents } from "../model/recursion";
import { type JudgedBatch, puzzleRows, toTensors } from "./batch";
import { correctness } from "./losses";

/** Accuracy after one supervision step, as shares between 0 and 1. */
export interface StepAccuracy {
  /** Puzzles solved completely. [exact_accuracy] */
  readonly solved: number;
  /** Cells right, averaged over puzzles. [accuracy] */
  readonly cells: number;
  /** Puzzles about which the halting head is right: q_halt >= 0 exactly where solved. [q_halt_accuracy] */
  readonly halting: number;
}

/** The outcome of an evaluation. */
export interface Evaluation extends StepAccuracy {
  /** Puzzles evaluated. */
  readonly count: number;
  /** The accuracy after each supervision step; the last is the outcome. */
  readonly bySteps: readonly StepAccuracy[];
}

/** A model ready to answer: its supervision step compiled once, used by evaluation and by solving. */
export interface Reasoner {
  readonly model: Model;
  /** Latents of fresh puzzles, [B, L, D] each. */
  start(params: ModelParams, batch: BatchTensors): Latents;
  /** One supervision step without learning. */
  step: Compiled<[ModelParams, Latents, JudgedBatch], { output: ModelOutput; verdicts: tf.Tensor2D }>;
  dispose(): void;
}

/** Compiles a model for answering. */
export function createReasoner(model: Model, precision: "float32" | "bfloat16"): Reasoner {
  const start = compile(
    (params: ModelParams, batch: BatchTensors): Latents =>
      freshLatents(model.config, params, batch.inputs.shape[0]),
    { name: "start" },
  );
  const step = compile(
    (params: ModelParams, latents: Latents, batch: JudgedBatch) => reasonStep(model, params, latents, batch),
    { precision, name: "reason" },
  );
  return {
    model,
    start,
    step,
    dispose() {
      start.dispose();
      step.dispose();
    },
  };
}

/**
 * One supervision step without learning, and its verdicts [4, B]: 1 for a puzzle (0 for padding), 1 if it is solved, the share of
 * its cells that are right, 1 if the halting head is right about it.
 */
export function reasonStep(
  model: Model,
  params: ModelParams,
  latents: Latents,
  batch: JudgedBatch,
): { output: ModelOutput; verdicts: tf.Tensor2D } {
  const output = model.forward(params.weights, latents, batch.inputs, puzzleRows(params, batch));
  const right = correctness(output.logits, batch.labels, batch);
  const believed = tf.cast(tf.greaterEqual(output.qHalt, 0), "float32");
  const verdicts = [
    right.counts,
    tf.mul(right.counts, right.solved),
    tf.mul(right.counts, right.cells),
    tf.mul(right.counts, tf.cast(tf.equal(believed, right.solved), "float32")),
  ];
  return { output, verdicts: tf.stack(verdicts) as tf.Tensor2D };
}

/** One supervision step, counted from 0. Its tensors are freed when the next step is asked for. */
export interface ThinkingStep {
  readonly step: number;
  readonly output: ModelOutput;
  /** Of each row, [4, B]; see {@link reasonStep}. */
  readonly verdicts: tf.Tensor2D;
}

/** What is injected into the loop of {@link think}. */
export interface ThinkOptions {
  /** Stops before the next step, or while a step is compiled, by throwing its reason. */
  readonly signal?: AbortSignal;
  /** Changes the latents before each supervision step, counted from 0, as noise does. It runs uncompiled and frees nothing itself. */
  readonly perturb?: (latents: Latents, step: number) => Latents;
}

/**
 * Lets a model think about a batch of fresh puzzles, supervision step by supervision step, without learning. Leaving the loop ends it.
 * @example
 * const { test } = sudokuTask({ box: [2, 2], train: 100, test: 20, seed: 1 });
 * const size = { hiddenSize: 32, widthMultiple: 32, n: 2, T: 1, supervisionSteps: 2, puzzleEmbSize: 0, puzzleEmbLen: 0 };
 * const model = createModel({ ...paperModel, ...size, vocabSize: 6, seqLen: 16, numPuzzleIdentifiers: 1 });
 * const params = model.init(createRandom(0));
 * const reasoner = createReasoner(model, "float32");
 * const [batch] = testBatches(test, 8);
 * for await (const { step, output } of think(reasoner, params, toTensors(batch), 2)) console.log(step, output.qHalt.shape);
 */
export async function* think(
  reasoner: Reasoner,
  params: ModelParams,
  batch: JudgedBatch,
  steps: number,
  { signal, perturb }: ThinkOptions = {},
): AsyncGenerator<ThinkingStep, void, undefined> {
  let latents = reasoner.start(params, batch);
  try {
    for (let step = 0; step < steps; step++) {
      signal?.throwIfAborted();
      if (perturb) {
        const [before, after] = [latents, tf.tidy(() => perturb(latents, step))];
        const kept = Object.values(after);
        disposeTree(Object.values(before).filter((latent) => !kept.includes(latent)));
        latents = after;
      }
      const { output, verdicts } = await reasoner.step.run([params, latents, batch], { signal });
      disposeTree(latents);
      latents = output.latents;
      try {
        yield { step, output, verdicts };
      } finally {
        disposeTree([output.logits, output.qHalt, output.qContinue, verdicts]);
      }
    }
  } finally {
    disposeTree(latents);
  }
}

/** Options of {@link evaluate}. */
export interface EvaluateOptions extends ThinkOptions {
  readonly batchSize: number;
  /** Supervision steps spent on every puzzle; more than trained with is allowed. Default N_sup. */
  readonly supervisionSteps?: number;
  /** Gets the answers of every batch, after its last supervision step. */
  readonly onAnswers?: (batch: Batch, answers: Answers) => void;
}

/** The answers of a model to a batch, rows of padding included. */
export interface Answers {
  /** The most likely token of every cell, [size * seqLen]. */
  readonly tokens: Int32Array;
  /** Above 0 where the model believes its answer to be right, [size]. */
  readonly qHalt: Float32Array;
  /** 1 where the answer is right, [size]. */
  readonly solved: Float32Array;
  /** Share of the cells that are right, [size]. */
  readonly cells: Float32Array;
}

/**
 * Evaluates as the official code does: every puzzle gets all its supervision steps, and the last answer counts.
 * Several datasets are evaluated in order, as if they were one.
 * Source: pretrain.py, evaluate.
 * @example
 * const { test } = sudokuTask({ box: [2, 2], train: 100, test: 20, seed: 1 });
 * const size = { hiddenSize: 32, widthMultiple: 32, n: 2, T: 1, supervisionSteps: 2, puzzleEmbSize: 0, puzzleEmbLen: 0 };
 * const model = createModel({ ...paperModel, ...size, vocabSize: 6, seqLen: 16, numPuzzleIdentifiers: 1 });
 * const params = model.init(createRandom(0));
 * const reasoner = createReasoner(model, "float32");
 * const { solved, cells } = await evaluate(reasoner, params, test, { batchSize: 8 });
 */
export async function evaluate(
  reasoner: Reasoner,
  params: ModelParams,
  datasets: Dataset | readonly Dataset[],
  options: EvaluateOptions,
): Promise<Evaluation> {
  const steps = options.supervisionSteps ?? reasoner.model.config.supervisionSteps;
  const totals = Array.from({ length: steps }, () => [0, 0, 0, 0]);
  for (const batch of batchesOf(datasets, options.batchSize)) {
    const tensors = toTensors(batch);
    try {
      for await (const { step, output, verdicts } of think(reasoner, params, tensors, steps, options)) {
        const values = (await verdicts.data()) as Float32Array;
        const row = (i: number) => values.subarray(i * batch.size, (i + 1) * batch.size);
        totals[step] = totals[step].map((total, i) => row(i).reduce((sum, value) => sum + value, total));
        if (options.onAnswers && step === steps - 1) {
          options.onAnswers(batch, { ...(await readAnswers(output)), solved: row(1), cells: row(2) });
        }
      }
    } finally {
      disposeTree(tensors);
    }
  }
  const bySteps = totals.map(([count, solved, cells, halting]) => ({
    solved: solved / count,
    cells: cells / count,
    halting: halting / count,
  }));
  return { count: totals[0][0], bySteps, ...bySteps[steps - 1] };
}

function* batchesOf(datasets: Dataset | readonly Dataset[], batchSize: number): Generator<Batch> {
  for (const dataset of [datasets].flat()) yield* testBatches(dataset, batchSize);
}

async function readAnswers({ logits, qHalt }: ModelOutput): Promise<Pick<Answers, "tokens" | "qHalt">> {
  const best = tf.tidy(() => tf.cast(tf.argMax(logits, -1), "int32"));
  const answers = { tokens: (await best.data()) as Int32Array, qHalt: (await qHalt.data()) as Float32Array };
  best.dispose();
  return answers;
}
