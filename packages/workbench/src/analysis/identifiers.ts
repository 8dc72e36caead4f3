import type { Dataset, FolderExtras } from "trm/batches";
import type { ModelParams } from "trm/model";
import { parseArcName } from "trm/puzzles";
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

/**
 * The identifier that each one stands under when forms of a task that differ in their colours alone share one: that of the first.
 * @param names of the identifiers, as `readArcDatasets` has them
 * @example
 * shareColours(["<blank>", "a", "a|||t0|||0213456789", "a|||t1|||0213456789"]); // [0, 1, 1, 3]
 */
export function shareColours(names: readonly string[]): Int32Array {
  const first = new Map<string, number>();
  return Int32Array.from(names, (name, identifier) => {
    const { id, augmentation } = parseArcName(name);
    const form = `${id} ${augmentation?.transform ?? 0}`;
    if (!first.has(form)) first.set(form, identifier);
    return first.get(form)!;
  });
}

/** The same puzzles, those of identifier i under `shared[i]`, so that they have one embedding. See {@link shareColours}. */
export function shareIdentifiers(dataset: Dataset, shared: Int32Array): Dataset {
  return { ...dataset, puzzleIdentifiers: dataset.puzzleIdentifiers.map((identifier) => shared[identifier]) };
}

/** Options of {@link evaluateArc}. */
export interface ArcEvaluationOptions {
  readonly batchSize: number;
  /** @default "own" */
  readonly identifiers?: IdentifierChoice;
  /** Identifiers that share an embedding, as in the training; see {@link shareColours}. @default none */
  readonly shared?: Int32Array;
}

/** The votes of all augmentations, and what single answers are worth. */
export interface ArcEvaluation extends ArcResult {
  /** Share of the answers, one for each augmentation of each test input, that are right before any vote. */
  readonly solved: number;
  /** The same by task. It is also there for training pairs, on which nobody votes. */
  readonly solvedByTask: Readonly<Record<string, number>>;
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
  { batchSize, identifiers = "own", shared }: ArcEvaluationOptions,
): Promise<ArcEvaluation> {
  const own = identifiersOf(dataset);
  const votes = arcVotes(extras, dataset.blankIdentifierId);
  const answers = new Map<string, { right: number; asked: number }>();
  let done = 0;
  const trained = shared ? shareIdentifiers(dataset, shared) : dataset;
  const { solved } = await evaluate(reasoner, params, withIdentifiers(trained, identifiers), {
    batchSize,
    onAnswers(batch, given) {
      const puzzleIdentifiers = new Int32Array(batch.size).fill(dataset.blankIdentifierId);
      puzzleIdentifiers.set(own.subarray(done, done + batch.count));
      done += batch.count;
      votes.add({ ...batch, puzzleIdentifiers }, given);
      for (let row = 0; row < batch.count; row++) {
        const { id } = parseArcName(extras.identifiers[puzzleIdentifiers[row]]);
        const { right, asked } = answers.get(id) ?? { right: 0, asked: 0 };
        answers.set(id, { right: right + given.solved[row], asked: asked + 1 });
      }
    },
  });
  const solvedByTask = Object.fromEntries([...answers].map(([id, { right, asked }]) => [id, right / asked]));
  return { ...votes.result(), solved, solvedByTask };
}
