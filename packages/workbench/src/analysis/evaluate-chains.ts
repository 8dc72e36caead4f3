import { type Dataset, datasetBuilder, type PuzzleHints, puzzleKind } from "trm/batches";
import type { ModelParams } from "trm/model";
import type { Reasoner, StepAccuracy } from "trm/trainer";
import { byDifficulty, constantHalting, copiedCells, type DetailedEvaluation } from "../runs";
import { type ChainOptions, type PuzzleChains, thinkInChains } from "./chains";
import {
  type Choice,
  firstChains,
  type KeepsRules,
  type Method,
  type MethodName,
  methods,
  untilHalt,
} from "./choose";
import { judge, type Score, scoreOf, type Verdict } from "./score";

/** An evaluation of chains of thought with one way to choose. */
export interface ChainEvaluation extends DetailedEvaluation {
  readonly method: MethodName;
  readonly chains: number;
  readonly score: Score;
}

/** Options of {@link evaluateChains}. */
export interface EvaluateChainsOptions extends Omit<ChainOptions, "enough"> {
  readonly method: MethodName;
  /** Each chain ends when it halts. @default false */
  readonly untilHalt?: boolean;
  /** Difficulty of each example. */
  readonly ratings?: ArrayLike<number>;
  /** Ranges of difficulty, of equal numbers of puzzles. @default 4 */
  readonly quantiles?: number;
  /** Called after each puzzle with the answer to it; undefined where the method gives none. */
  readonly onAnswer?: (puzzle: PuzzleChains, answer: ChosenAnswer | undefined, done: number) => void;
}

/** The answer that a method chose. */
export interface ChosenAnswer {
  readonly tokens: Int32Array;
  readonly qHalt: number;
}

/**
 * What tells whether an answer keeps the rules of a model's puzzles, as `puzzleKind` knows them.
 * @throws Error for puzzles of no known kind
 */
export function ruleCheckOf(
  facts: { readonly seqLen: number; readonly vocabSize: number },
  hints: PuzzleHints = {},
): KeepsRules {
  const kind = puzzleKind(facts, hints);
  return (answer, question) => kind.isSolved(kind.cells(answer), kind.cells(question)) === true;
}

/** The stop and the cut that a method allows, and the rules if it checks them. */
function chainPlan(
  reasoner: Reasoner,
  { method: name, untilHalt: halts = false, hints }: EvaluateChainsOptions,
): {
  readonly keepsRules: KeepsRules;
  readonly enough: (puzzle: PuzzleChains) => boolean;
  readonly cut: (puzzle: PuzzleChains) => PuzzleChains;
} {
  const method: Method = methods[name];
  const keepsRules: KeepsRules = method.checksRules ? ruleCheckOf(reasoner.model.config, hints) : () => false;
  return {
    keepsRules,
    enough: (puzzle) =>
      (halts && puzzle.chains.every((chain) => chain.some(({ halts }) => halts))) ||
      (method.decided?.(puzzle, keepsRules) ?? false),
    cut: (puzzle) => (halts ? untilHalt(puzzle) : puzzle),
  };
}

/**
 * Evaluates a model that thinks in several chains, of which one answer is chosen. One chain, its last answer, gives the numbers
 * of `evaluateInDetail`.
 * @returns accuracy by steps is that of the choice if all chains had ended then
 */
export async function evaluateChains(
  reasoner: Reasoner,
  params: ModelParams,
  datasets: Dataset | readonly Dataset[],
  options: EvaluateChainsOptions,
): Promise<ChainEvaluation> {
  const { method, chains, ratings, quantiles = 4, onAnswer } = options;
  const { keepsRules, enough, cut } = chainPlan(reasoner, options);
  const steps = options.supervisionSteps ?? reasoner.model.config.supervisionSteps;
  const verdicts = Array.from({ length: steps }, (): Verdict[] => []);
  const copied: number[] = [];
  const start = performance.now();
  for await (const thought of thinkInChains(reasoner, params, datasets, { ...options, enough })) {
    const puzzle = cut(thought);
    copied.push(copiedCells(puzzle.inputs, puzzle.labels) ?? Number.NaN);
    for (const [step, all] of verdicts.entries()) {
      all.push(judge(firstChains(puzzle, chains, step + 1), method, keepsRules));
    }
    const last = verdicts[steps - 1];
    const { choice } = last[last.length - 1];
    onAnswer?.(puzzle, choice && puzzle.chains[choice.chain][choice.step], last.length);
  }
  const seconds = (performance.now() - start) / 1000;
  const scores = verdicts.map(scoreOf);
  const score = scores[steps - 1];
  const accuracy = ({ solved, cells, halting }: Score): StepAccuracy => ({ solved, cells, halting });
  return {
    ...accuracy(score),
    count: score.count,
    bySteps: scores.map(accuracy),
    seconds,
    puzzlesPerSecond: score.count / seconds,
    baselines: {
      cells: copied.reduce((sum, share) => sum + share, 0) / copied.length,
      halting: constantHalting(score.solved),
    },
    ...(ratings && { byDifficulty: byDifficulty(verdicts[steps - 1], ratings, quantiles) }),
    method,
    chains,
    score,
  };
}

/**
 * Thinks about one puzzle in several chains and chooses an answer.
 * @param inputs the puzzle's tokens, as many as model.seqLen
 * @returns the chains, and the choice; undefined where the method gives no answer
 * @throws RangeError when the puzzle has another number of tokens than the model
 */
export async function answerInChains(
  reasoner: Reasoner,
  params: ModelParams,
  inputs: ArrayLike<number>,
  options: EvaluateChainsOptions,
): Promise<{ readonly puzzle: PuzzleChains; readonly choice: Choice | undefined }> {
  const { seqLen, vocabSize } = reasoner.model.config;
  const facts = { name: "one puzzle", seqLen, vocabSize, padId: 0, ignoreLabelId: null };
  const builder = datasetBuilder({ ...facts, blankIdentifierId: 0, numPuzzleIdentifiers: 1 }, 1);
  builder.example(inputs, inputs);
  builder.endPuzzle();
  builder.endGroup();
  const { keepsRules, enough, cut } = chainPlan(reasoner, options);
  const all = { ...options, batchSize: options.chains, enough };
  for await (const thought of thinkInChains(reasoner, params, builder.build(), all)) {
    const puzzle = cut(thought);
    return { puzzle, choice: methods[options.method].choose(puzzle, keepsRules) };
  }
  throw new Error("a dataset of one puzzle has one");
}
