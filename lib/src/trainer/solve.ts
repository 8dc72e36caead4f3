import { type Dataset, exampleAt, exampleCount } from "../batches/dataset";
import { disposeTree, tf } from "../engine";
import type { ModelOutput, ModelParams } from "../model/model";
import type { Reasoner } from "./evaluate";
import { type LossKind, logProbabilities } from "./losses";

/** What the model thinks after one supervision step. */
export interface Thought {
  /** The most likely token of every cell. */
  readonly tokens: Int32Array;
  /** Its probability in every cell. */
  readonly confidence: Float32Array;
  /** The model's belief to be right: above 0 it would halt during training. */
  readonly qHalt: number;
}

/** What solving may be told. */
export interface SolveOptions {
  /** Supervision steps to take. Default N_sup. */
  readonly supervisionSteps?: number;
  /** The loss that the model was trained with, which says what probabilities its logits mean. Default stablemax. */
  readonly loss?: LossKind;
  /** Its row in the puzzle-embedding table. Default 0, the blank identifier. */
  readonly puzzleIdentifier?: number;
}

/**
 * Lets the model think about one puzzle and tells its answer after every supervision step.
 * @param inputs the puzzle's tokens, as many as model.seqLen
 * @throws RangeError when the puzzle has another number of tokens than the model
 */
export function solve(
  reasoner: Reasoner,
  params: ModelParams,
  inputs: ArrayLike<number>,
  options: SolveOptions = {},
): Thought[] {
  const { seqLen, supervisionSteps } = reasoner.model.config;
  if (inputs.length !== seqLen) {
    throw new RangeError(`the puzzle has ${inputs.length} tokens, but the model expects ${seqLen}`);
  }
  const tokens = tf.tensor2d(Int32Array.from(inputs), [1, seqLen], "int32");
  const batch = {
    inputs: tokens,
    labels: tokens.clone(),
    puzzleIdentifiers: tf.tensor1d([options.puzzleIdentifier ?? 0], "int32"),
  };
  let latents = reasoner.start(params, batch);
  const thoughts: Thought[] = [];
  for (let step = 0; step < (options.supervisionSteps ?? supervisionSteps); step++) {
    const { output, sums } = reasoner.step(params, latents, batch);
    disposeTree([latents, sums]);
    latents = output.latents;
    thoughts.push(readThought(output, options.loss ?? "stablemax"));
    disposeTree([output.logits, output.qHalt, output.qContinue]);
  }
  disposeTree([latents, batch]);
  return thoughts;
}

/** A held-out puzzle and how the model solved it. */
export interface SolvedPuzzle {
  readonly inputs: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
  readonly thoughts: readonly Thought[];
  /** Supervision steps until every cell was right; all of them if that never happened. */
  readonly solvedAfter: number;
}

/**
 * The puzzle that takes the model longest and that it solves in the end: the one worth watching.
 * @param among how many of the dataset's first puzzles to try
 */
export function slowestPuzzle(
  reasoner: Reasoner,
  params: ModelParams,
  dataset: Dataset,
  { among }: { among: number },
): SolvedPuzzle {
  const tried = Array.from({ length: Math.min(among, exampleCount(dataset)) }, (_, index) => {
    const { inputs, labels } = exampleAt(dataset, index);
    const thoughts = solve(reasoner, params, inputs);
    const right = thoughts.map(({ tokens }) => tokens.every((token, cell) => token === labels[cell]));
    // Solved for good: from there on every answer is right.
    const solvedAfter = right.lastIndexOf(false) + 2;
    return {
      inputs,
      labels,
      thoughts,
      solvedAfter: Math.min(solvedAfter, thoughts.length),
      solved: right.at(-1),
    };
  });
  const solved = tried.filter((puzzle) => puzzle.solved);
  return (solved.length > 0 ? solved : tried).reduce((a, b) => (b.solvedAfter > a.solvedAfter ? b : a));
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
