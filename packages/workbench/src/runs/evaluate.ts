import type { Batch, Dataset } from "trm/batches";
import { exampleCount, groupCount, IGNORED_LABEL } from "trm/batches";
import type { ModelParams } from "trm/model";
import { type Answers, type Evaluation, evaluate, type Reasoner } from "trm/trainer";

/** Accuracy of the puzzles whose difficulty lies in a range. */
export interface DifficultyAccuracy {
  /** Least and greatest rating in the range. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Share of puzzles solved completely. */
  readonly solved: number;
  /** Share of cells that are right. */
  readonly cells: number;
}

/** An evaluation with what a researcher wants to know besides accuracy. */
export interface DetailedEvaluation extends Evaluation {
  readonly seconds: number;
  readonly puzzlesPerSecond: number;
  /** What the same answer to every puzzle would score, to read the accuracies beside: */
  readonly baselines: {
    /** `cells` of an answer that repeats the question. */
    readonly cells: number;
    /** `halting` of a head that always believes the same. */
    readonly halting: number;
  };
  /** From easy to hard, where the data has ratings. */
  readonly byDifficulty?: readonly DifficultyAccuracy[];
}

/** Options of an evaluation. */
export interface DetailedOptions {
  readonly batchSize: number;
  /** Supervision steps per puzzle. Default: those of the model. */
  readonly supervisionSteps?: number;
  /** Difficulty of each example. */
  readonly ratings?: ArrayLike<number>;
  /** Ranges of difficulty, of equal numbers of puzzles. Default 4. */
  readonly quantiles?: number;
  readonly signal?: AbortSignal;
  /** Called after each batch with the answers to it. */
  readonly onAnswers?: (batch: Batch, answers: Answers, done: number) => void;
}

/** Evaluates on one or several datasets, in order, and measures what it took. */
export async function evaluateInDetail(
  reasoner: Reasoner,
  params: ModelParams,
  datasets: readonly Dataset[],
  options: DetailedOptions,
): Promise<DetailedEvaluation> {
  const { ratings, quantiles = 4, ...rest } = options;
  const outcomes: PuzzleOutcome[] = [];
  let [copied, measured] = [0, 0];
  const start = performance.now();
  const evaluation = await evaluate(reasoner, params, datasets, {
    ...rest,
    onAnswers(batch, answers) {
      for (let row = 0; row < batch.count; row++) {
        outcomes.push({ cells: answers.cells[row], solved: answers.solved[row] === 1 });
        const [begin, end] = [row * batch.seqLen, (row + 1) * batch.seqLen];
        const share = copiedCells(batch.inputs.subarray(begin, end), batch.labels.subarray(begin, end));
        if (share !== undefined) [copied, measured] = [copied + share, measured + 1];
      }
      options.onAnswers?.(batch, answers, outcomes.length);
    },
  });
  const seconds = (performance.now() - start) / 1000;
  return {
    ...evaluation,
    seconds,
    puzzlesPerSecond: evaluation.count / seconds,
    baselines: { cells: copied / measured, halting: constantHalting(evaluation.solved) },
    ...(ratings && { byDifficulty: byDifficulty(outcomes, ratings, quantiles) }),
  };
}

/** The share of puzzles about which a halting head is right that always believes the same. */
export const constantHalting = (solved: number): number => Math.max(solved, 1 - solved);

/** The share of a puzzle's cells that its question has right already; undefined for padding and unknown answers. */
export function copiedCells(inputs: Int32Array, labels: Int32Array): number | undefined {
  const asked = labels.reduce((sum, label) => sum + Number(label !== IGNORED_LABEL), 0);
  const right = labels.reduce((sum, label, cell) => sum + Number(label === inputs[cell]), 0);
  return asked > 0 ? right / asked : undefined;
}

/** The answer to one puzzle. */
export interface PuzzleOutcome {
  /** Share of its cells that are right. */
  readonly cells: number;
  readonly solved: boolean;
}

/** Splits puzzles into ranges of equal numbers by their rating. Puzzles of one rating stay in one range. */
export function byDifficulty(
  outcomes: readonly PuzzleOutcome[],
  ratings: ArrayLike<number>,
  quantiles: number,
): DifficultyAccuracy[] {
  const order = outcomes.map((_, i) => i).sort((a, b) => ratings[a] - ratings[b]);
  const ranges: { quantile: number; puzzles: number[] }[] = [];
  order.forEach((puzzle, rank) => {
    const last = ranges.at(-1);
    const isTied = last !== undefined && ratings[last.puzzles[last.puzzles.length - 1]] === ratings[puzzle];
    const quantile = isTied ? last.quantile : Math.floor((rank * quantiles) / order.length);
    if (last?.quantile === quantile) last.puzzles.push(puzzle);
    else ranges.push({ quantile, puzzles: [puzzle] });
  });
  return ranges.map(({ puzzles }) => ({
    from: ratings[puzzles[0]],
    to: ratings[puzzles[puzzles.length - 1]],
    count: puzzles.length,
    solved: puzzles.filter((puzzle) => outcomes[puzzle].solved).length / puzzles.length,
    cells: puzzles.reduce((sum, puzzle) => sum + outcomes[puzzle].cells, 0) / puzzles.length,
  }));
}

/** The first groups of the datasets that together hold at least `limit` examples. */
export function firstExamples(datasets: readonly Dataset[], limit: number): Dataset[] {
  const taken: Dataset[] = [];
  let missing = limit;
  for (const dataset of datasets) {
    if (missing <= 0) break;
    const part = firstGroups(dataset, missing);
    taken.push(part);
    missing -= exampleCount(part);
  }
  return taken;
}

function firstGroups(dataset: Dataset, limit: number): Dataset {
  const { seqLen, inputs, labels, groupIndices, puzzleIndices } = dataset;
  let groups = 0;
  while (groups < groupCount(dataset) && puzzleIndices[groupIndices[groups]] < limit) groups++;
  const puzzles = groupIndices[groups];
  const examples = puzzleIndices[puzzles];
  const firstTokens = (tokens: Dataset["inputs"]) => ({
    length: examples * seqLen,
    subarray: (begin: number, end: number) => tokens.subarray(begin, end),
  });
  return {
    ...dataset,
    inputs: firstTokens(inputs),
    labels: firstTokens(labels),
    puzzleIdentifiers: dataset.puzzleIdentifiers.subarray(0, puzzles),
    puzzleIndices: puzzleIndices.subarray(0, puzzles + 1),
    groupIndices: groupIndices.subarray(0, groups + 1),
  };
}
