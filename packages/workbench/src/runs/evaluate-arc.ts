import type { Batch, FolderExtras, TestPuzzle } from "trm/batches";
import {
  arcGrid,
  arcRaster,
  arcRows,
  gridHash,
  parseArcName,
  type Raster,
  undoArcAugmentation,
} from "trm/puzzles";
import { type Answers, beliefOf } from "trm/trainer";
import { isUnknown } from "../data";

/** Numbers of best candidates of which one must be right (`pass_Ks` of the official evaluator). */
export const PASS_AT = [1, 2, 5, 10, 100, 1000] as const;

/** Answers per test input that Kaggle accepts. */
const ATTEMPTS = 2;

/** A Kaggle submission: for each task and each of its test inputs the two best answers. */
export type ArcSubmission = Record<string, Record<`attempt_${number}`, number[][]>[]>;

/** The result of the votes. */
export interface ArcResult {
  /** Test inputs whose answers are known, and so count. */
  readonly known: number;
  /** Share of tasks solved with k candidates, by k; a task of several test inputs counts by its share of them; NaN where no answer is known. */
  readonly passAt: Readonly<Record<number, number>>;
  readonly submission: ArcSubmission;
  /** Tasks without any answer for one of their test inputs. */
  readonly unanswered: readonly string[];
}

/** Collects votes over all augmentations of each task. */
export interface ArcVotes {
  add(batch: Batch, answers: Pick<Answers, "tokens" | "qHalt">): void;
  /** @param evaluatedOnly leave out tasks that got no answer at all, because they were not asked */
  result(evaluatedOnly?: boolean): ArcResult;
}

/** One candidate answer: how often it was given, and the sum of the beliefs in it. */
interface Candidate {
  readonly grid: Raster;
  readonly hash: string;
  count: number;
  belief: number;
}

/**
 * Scores ARC as the official evaluator does (`evaluators/arc.py`): every answer is turned back by its augmentation and votes
 * for the grid that results. Candidates rank by votes, and among equals by their mean halting value.
 *
 * @param blankIdentifierId the identifier of padding rows
 * @throws Error when the folder has no test_puzzles.json
 * @example no-run
 * const folder = "data/arc1-aug-1000";
 * const { reasoner, params } = await trainedModel(experiments.latents, "y and z");
 * const [dataset] = openDataset(folder, "test");
 * const votes = arcVotes(readFolderExtras(folder), dataset.blankIdentifierId);
 * await evaluate(reasoner, params, dataset, { batchSize: 768, onAnswers: votes.add });
 * console.log(votes.result().passAt[2]);
 */
export function arcVotes({ identifiers, testPuzzles }: FolderExtras, blankIdentifierId: number): ArcVotes {
  if (!testPuzzles)
    throw new Error("scoring ARC needs the test_puzzles.json that belongs to the dataset folder");
  // Task -> test input -> candidate.
  const votes = new Map<string, Map<string, Map<string, Candidate>>>();
  return {
    add({ count, seqLen, inputs, puzzleIdentifiers }, { tokens, qHalt }) {
      for (let row = 0; row < count; row++) {
        if (puzzleIdentifiers[row] === blankIdentifierId) continue;
        const { id, augmentation } = parseArcName(nameOf(identifiers, puzzleIdentifiers[row]));
        const gridOf = (tokens: Int32Array) => {
          const grid = arcGrid(tokens.subarray(row * seqLen, (row + 1) * seqLen));
          return augmentation ? undoArcAugmentation(grid, augmentation) : grid;
        };
        const grid = gridOf(tokens);
        const candidates = child(child(votes, id), gridHash(gridOf(inputs)));
        const hash = gridHash(grid);
        const candidate = candidates.get(hash) ?? { grid, hash, count: 0, belief: 0 };
        candidate.count++;
        candidate.belief += beliefOf(qHalt[row]);
        candidates.set(hash, candidate);
      }
    },
    result: (evaluatedOnly = false) => {
      const asked = Object.entries(testPuzzles).filter(([id]) => !evaluatedOnly || votes.has(id));
      return score(Object.fromEntries(asked), votes);
    },
  };
}

function score(
  testPuzzles: Readonly<Record<string, TestPuzzle>>,
  votes: ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, Candidate>>>,
): ArcResult {
  const solved = PASS_AT.map(() => 0);
  const submission: ArcSubmission = {};
  const unanswered = new Set<string>();
  const outputs = Object.values(testPuzzles).flatMap(({ test }) => test.map(({ output }) => output));
  const allDummies = outputs.every((output) => JSON.stringify(output) === "[[0]]");
  const isKnown = (output: number[][]) => !isUnknown(output) && !allDummies;
  const known = outputs.filter(isKnown).length;
  let tasks = 0;
  for (const [id, { test }] of Object.entries(testPuzzles)) {
    submission[id] = [];
    const measured = test.filter(({ output }) => isKnown(output)).length;
    if (measured > 0) tasks++;
    for (const { input, output } of test) {
      const ranked = ranking(votes.get(id)?.get(gridHash(arcRaster(input))));
      if (ranked.length === 0) {
        unanswered.add(id);
        // Every test input has its place in the file.
        submission[id].push({ attempt_1: [[0]], attempt_2: [[0]] });
        continue;
      }
      const place = isKnown(output)
        ? ranked.findIndex(({ hash }) => hash === gridHash(arcRaster(output)))
        : -1;
      PASS_AT.forEach((k, i) => {
        if (place >= 0 && place < k) solved[i] += 1 / measured;
      });
      submission[id].push(attempts(ranked));
    }
  }
  return {
    known,
    passAt: Object.fromEntries(PASS_AT.map((k, i) => [k, solved[i] / tasks])),
    submission,
    unanswered: [...unanswered],
  };
}

function ranking(candidates: ReadonlyMap<string, Candidate> = new Map()): Candidate[] {
  const belief = (candidate: Candidate) => candidate.belief / candidate.count;
  return [...candidates.values()].sort((a, b) => b.count - a.count || belief(b) - belief(a));
}

/** The best answers; where there are too few, the first one again. */
function attempts(ranked: readonly Candidate[]): ArcSubmission[string][number] {
  return Object.fromEntries(
    Array.from({ length: ATTEMPTS }, (_, i) => [`attempt_${i + 1}`, arcRows((ranked[i] ?? ranked[0]).grid)]),
  );
}

function nameOf(identifiers: readonly string[], identifier: number): string {
  const name = identifiers[identifier];
  if (name === undefined) throw new Error(`identifiers.json has no name for puzzle identifier ${identifier}`);
  return name;
}

function child<K, L, V>(map: Map<K, Map<L, V>>, key: K): Map<L, V> {
  const found = map.get(key) ?? new Map<L, V>();
  map.set(key, found);
  return found;
}
