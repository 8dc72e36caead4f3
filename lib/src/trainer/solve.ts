import { disposeTree, tf } from "tfjs-compile";
import { type Dataset, exampleAt, IGNORED_LABEL, type Rules } from "../batches/dataset";
import { testBatches } from "../batches/sample";
import type { ModelOutput, ModelParams } from "../model/model";
import { toTensors } from "./batch";
import { type Reasoner, think } from "./evaluate";
import { type LossKind, logProbabilities } from "./losses";

/** The answer and belief of the model after one supervision step. */
export interface Thought {
  /** The most likely token of every cell. */
  readonly tokens: Int32Array;
  /** Its probability in every cell. */
  readonly confidence: Float32Array;
  /** The model's belief to be right: above 0 it would halt during training. */
  readonly qHalt: number;
  /** True if the answer is right; undefined where no right answer was given to compare with. */
  readonly solved?: boolean;
}

/**
 * Probability, by the halting head, that an answer is right.
 * @example
 * beliefOf(0); // 0.5
 */
export const beliefOf = (qHalt: number): number => 1 / (1 + Math.exp(-qHalt));

/** Options of {@link solve}. */
export interface SolveOptions {
  /** Supervision steps to take. Default N_sup. */
  readonly supervisionSteps?: number;
  /** The loss that the model was trained with, which turns its logits into probabilities. @default "stablemax" */
  readonly loss?: LossKind;
  /** Its row in the puzzle-embedding table. Default 0, the blank identifier. */
  readonly puzzleIdentifier?: number;
  /** A right answer, as tokens. */
  readonly labels?: ArrayLike<number>;
  /** The rules by which other answers are right, too. */
  readonly rules?: Rules;
}

/**
 * Lets the model think about one puzzle and tells its answer after every supervision step.
 * @param inputs the puzzle's tokens, as many as model.seqLen
 * @throws RangeError (a rejection) when the puzzle has another number of tokens than the model
 * @example
 * const size = { hiddenSize: 32, widthMultiple: 32, n: 2, T: 1, supervisionSteps: 2, puzzleEmbSize: 0, puzzleEmbLen: 0 };
 * const model = createModel({ ...paperModel, ...size, vocabSize: 6, seqLen: 16, numPuzzleIdentifiers: 1 });
 * const params = model.init(createRandom(0));
 * const reasoner = createReasoner(model, "float32");
 * const inputs = new Int32Array(16).fill(1); // an empty 4x4 Sudoku
 * (await solve(reasoner, params, inputs)).at(-1)?.tokens; // the answer after the last supervision step
 */
export async function solve(
  reasoner: Reasoner,
  params: ModelParams,
  inputs: ArrayLike<number>,
  options: SolveOptions = {},
): Promise<Thought[]> {
  const { seqLen, supervisionSteps } = reasoner.model.config;
  if (inputs.length !== seqLen) {
    throw new RangeError(`the puzzle has ${inputs.length} tokens, but the model expects ${seqLen}`);
  }
  const { labels, rules } = options;
  const row = (tokens: ArrayLike<number>) => tf.tensor2d(Int32Array.from(tokens), [1, seqLen], "int32");
  const batch = {
    inputs: row(inputs),
    labels: row(labels ?? inputs),
    puzzleIdentifiers: tf.tensor1d([options.puzzleIdentifier ?? 0], "int32"),
    ...(rules && { rules }),
  };
  const thoughts: Thought[] = [];
  try {
    for await (const { output, verdicts } of think(
      reasoner,
      params,
      batch,
      options.supervisionSteps ?? supervisionSteps,
    )) {
      const solved = labels && (await verdicts.data())[1] === 1;
      thoughts.push({ ...readThought(output, options.loss ?? "stablemax"), ...(labels && { solved }) });
    }
  } finally {
    disposeTree(batch);
  }
  return thoughts;
}

/** A held-out puzzle and the model's answers to it. */
export interface SolvedPuzzle {
  readonly inputs: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
  /** Up to the first right answer, which every later one repeats; all of them if there is none. */
  readonly thoughts: readonly Thought[];
}

/**
 * The puzzle that takes the model longest until its answer is right and stays right: the one worth watching.
 * If there is none, it is the first puzzle of the dataset.
 */
export async function slowestPuzzle(
  reasoner: Reasoner,
  params: ModelParams,
  dataset: Dataset,
  { batchSize }: { batchSize: number },
): Promise<SolvedPuzzle> {
  const stepsWrong = await stepsUntilRight(reasoner, params, dataset, batchSize);
  const { supervisionSteps } = reasoner.model.config;
  const slowestFirst = stepsWrong
    .map((step, index) => ({ step, index }))
    .filter(({ step }) => step < supervisionSteps)
    .sort((a, b) => b.step - a.step);
  for (const { index } of slowestFirst) {
    const solved = await solvedAlone(reasoner, params, dataset, index);
    if (solved) return solved;
  }
  const { inputs, labels } = exampleAt(dataset, 0);
  return { inputs, labels, thoughts: await solve(reasoner, params, inputs) };
}

/** Solves a puzzle without its batch; undefined if it stays unsolved, since rounding in a batch can decide the hardest puzzles. */
async function solvedAlone(
  reasoner: Reasoner,
  params: ModelParams,
  dataset: Dataset,
  index: number,
): Promise<SolvedPuzzle | undefined> {
  const { inputs, labels } = exampleAt(dataset, index);
  const thoughts = await solve(reasoner, params, inputs, {
    labels: Array.from(labels, (token) => (token === dataset.ignoreLabelId ? IGNORED_LABEL : token)),
    rules: dataset.rules,
  });
  const right = thoughts.map(({ solved }) => solved);
  const first = right.indexOf(true);
  const staysRight = first >= 0 && right.lastIndexOf(false) < first;
  return staysRight ? { inputs, labels, thoughts: thoughts.slice(0, first + 1) } : undefined;
}

/** Supervision steps after which a puzzle's answer is still wrong, for every puzzle; infinite if a right answer becomes wrong again. */
async function stepsUntilRight(
  reasoner: Reasoner,
  params: ModelParams,
  dataset: Dataset,
  batchSize: number,
): Promise<number[]> {
  const stepsWrong: number[] = [];
  for (const batch of testBatches(dataset, batchSize)) {
    const tensors = toTensors(batch);
    const first = stepsWrong.length;
    for (let row = 0; row < batch.count; row++) stepsWrong.push(0);
    const { supervisionSteps } = reasoner.model.config;
    try {
      for await (const { step, verdicts } of think(reasoner, params, tensors, supervisionSteps)) {
        const solved = (await verdicts.data()).subarray(batch.size);
        for (let row = 0; row < batch.count; row++) {
          if (solved[row] === 1) continue;
          const wrongSoFar = stepsWrong[first + row] === step;
          stepsWrong[first + row] = wrongSoFar ? step + 1 : Number.POSITIVE_INFINITY;
        }
      }
    } finally {
      disposeTree(tensors);
    }
  }
  return stepsWrong;
}

function readThought({ logits, qHalt }: ModelOutput, loss: LossKind): Thought {
  const best = tf.tidy(() => ({
    tokens: tf.argMax(logits, -1),
    confidence: tf.exp(tf.max(logProbabilities(loss, logits), -1)),
  }));
  const thought = {
    tokens: best.tokens.dataSync<"int32">(),
    confidence: best.confidence.dataSync<"float32">() as Float32Array,
    qHalt: qHalt.dataSync()[0],
  };
  disposeTree(best);
  return thought;
}
