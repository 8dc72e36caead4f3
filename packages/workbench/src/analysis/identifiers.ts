import type { Dataset, FolderExtras } from "trm/batches";
import type { ModelParams } from "trm/model";
import { createRandom } from "trm/random";
import { evaluate, type Reasoner } from "trm/trainer";
import { type ArcResult, arcVotes } from "../runs";

/** The puzzle identifiers that a model gets in an evaluation. */
export type IdentifierChoice = "own" | "blank" | "shuffled";

/** The identifier of each example. */
export function identifiersOf({ puzzleIdentifiers, puzzleIndices }: Dataset): Int32Array {
  const identifiers = new Int32Array(puzzleIndices[puzzleIdentifiers.length]);
  puzzleIdentifiers.forEach((identifier, puzzle) => {
    identifiers.fill(identifier, puzzleIndices[puzzle], puzzleIndices[puzzle + 1]);
  });
  return identifiers;
}

/** The same puzzles under the blank identifier, or each under that of another one: what is an embedding worth? */
export function withIdentifiers(dataset: Dataset, which: IdentifierChoice): Dataset {
  const { puzzleIdentifiers, blankIdentifierId } = dataset;
  if (which === "own") return dataset;
  if (which === "blank") {
    return {
      ...dataset,
      puzzleIdentifiers: new Int32Array(puzzleIdentifiers.length).fill(blankIdentifierId),
    };
  }
  const used = createRandom(0).shuffle([...new Set(puzzleIdentifiers)]);
  const next = new Map(used.map((identifier, i) => [identifier, used[(i + 1) % used.length]]));
  return {
    ...dataset,
    puzzleIdentifiers: puzzleIdentifiers.map((identifier) => next.get(identifier) ?? identifier),
  };
}

/** Options of {@link evaluateArc}. */
export interface ArcEvaluationOptions {
  readonly batchSize: number;
  /** @default "own" */
  readonly identifiers?: IdentifierChoice;
}

/** The votes of all augmentations, and what single answers are worth. */
export interface ArcEvaluation extends ArcResult {
  /** Share of the answers, one for each augmentation of each test input, that are right before any vote. */
  readonly solved: number;
}

/**
 * Answers every augmentation of held-out ARC tasks and lets the answers vote, as the official evaluator does. With other
 * identifiers than its own, a puzzle gets another embedding, or the blank one, but its answer votes for its own task.
 * @param extras names of the identifiers, and the tasks that are voted on
 */
export async function evaluateArc(
  reasoner: Reasoner,
  params: ModelParams,
  dataset: Dataset,
  extras: FolderExtras,
  { batchSize, identifiers = "own" }: ArcEvaluationOptions,
): Promise<ArcEvaluation> {
  const own = identifiersOf(dataset);
  const votes = arcVotes(extras, dataset.blankIdentifierId);
  let done = 0;
  const { solved } = await evaluate(reasoner, params, withIdentifiers(dataset, identifiers), {
    batchSize,
    onAnswers(batch, answers) {
      const puzzleIdentifiers = new Int32Array(batch.size).fill(dataset.blankIdentifierId);
      puzzleIdentifiers.set(own.subarray(done, done + batch.count));
      done += batch.count;
      votes.add({ ...batch, puzzleIdentifiers }, answers);
    },
  });
  return { ...votes.result(), solved };
}
