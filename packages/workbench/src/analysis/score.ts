import { type Dataset, datasetBuilder, IGNORED_LABEL, puzzleKind, vocabSizeOf } from "trm/batches";
import { beliefOf } from "trm/trainer";
import type { PuzzleChains } from "./chains";
import { type Choice, type KeepsRules, type Method, type MethodName, methods, spentOnAll } from "./choose";

/** How one method fared on one puzzle. */
export interface Verdict {
  readonly choice: Choice | undefined;
  readonly solved: boolean;
  /** Share of the cells that are right; 0 without an answer. */
  readonly cells: number;
  /** True if q is 0 or above exactly where the answer is right. */
  readonly believedRightly: boolean;
  /** True if any chain was right after any of its steps. */
  readonly anyRight: boolean;
  /** Supervision steps spent. */
  readonly spent: number;
}

/** How one method fared on many puzzles; shares are between 0 and 1. */
export interface Score {
  readonly count: number;
  readonly solved: number;
  readonly cells: number;
  /** Puzzles about whose answer the halting head is right. */
  readonly halting: number;
  /** Puzzles that got an answer: all, unless the method may abstain. */
  readonly answered: number;
  /** Mean supervision steps spent on a puzzle, over all its chains. */
  readonly spent: number;
  /** Puzzles for which any chain was right after any step: what the best choice could reach. */
  readonly oracle: number;
  /** Puzzles for which a right answer was there, and another, or none, was chosen. */
  readonly selectionFailures: number;
}

/** Cells asked, and cells right, of an answer. */
function rightCells(answer: Int32Array, labels: Int32Array): { asked: number; right: number } {
  let [asked, right] = [0, 0];
  labels.forEach((label, cell) => {
    if (label === IGNORED_LABEL) return;
    asked++;
    if (answer[cell] === label) right++;
  });
  return { asked, right };
}

/** As `correctness` judges: by the label, or by the rules where the puzzle has some. */
function isRight(answer: Int32Array, { inputs, labels, rules }: PuzzleChains): boolean {
  const { asked, right } = rightCells(answer, labels);
  if (right === asked || !rules) return right === asked;
  const kind = puzzleKind({ seqLen: inputs.length, vocabSize: vocabSizeOf(rules) }, rules);
  return kind.isSolved(kind.cells(answer), kind.cells(inputs)) === true;
}

/** Judges what a method makes of a puzzle's chains. */
export function judge(puzzle: PuzzleChains, name: MethodName, keepsRules: KeepsRules): Verdict {
  const { chains, labels } = puzzle;
  const method: Method = methods[name];
  const choice = method.choose(puzzle, keepsRules);
  const chosen = choice && chains[choice.chain][choice.step];
  const { asked, right } = chosen ? rightCells(chosen.tokens, labels) : { asked: 1, right: 0 };
  const solved = chosen !== undefined && isRight(chosen.tokens, puzzle);
  return {
    choice,
    solved,
    cells: solved ? 1 : right / Math.max(asked, 1),
    believedRightly: chosen !== undefined && chosen.qHalt >= 0 === solved,
    anyRight: chains.some((steps) => steps.some(({ tokens }) => isRight(tokens, puzzle))),
    spent: choice?.spent ?? spentOnAll(chains),
  };
}

/** The rules of no puzzle in particular: for methods that do not check them. */
const noRules: KeepsRules = () => {
  throw new Error("this method checks rules, so it needs to be told them");
};

/**
 * Scores a method on what was thought about many puzzles.
 * @example
 * const chain = [{ tokens: Int32Array.of(2), qHalt: 1, halts: true, change: 0, confidence: 1 }];
 * const puzzle = { inputs: Int32Array.of(1), labels: Int32Array.of(2), puzzleIdentifier: 0, chains: [chain] };
 * scoreMethod([puzzle], "best-q").solved; // 1
 */
export function scoreMethod(
  puzzles: readonly PuzzleChains[],
  name: MethodName,
  keepsRules: KeepsRules = noRules,
): Score {
  return scoreOf(puzzles.map((puzzle) => judge(puzzle, name, keepsRules)));
}

/** The means of many verdicts. */
export function scoreOf(verdicts: readonly Verdict[]): Score {
  const mean = (read: (verdict: Verdict) => number): number =>
    verdicts.reduce((sum, verdict) => sum + read(verdict), 0) / verdicts.length;
  return {
    count: verdicts.length,
    solved: mean(({ solved }) => Number(solved)),
    cells: mean(({ cells }) => cells),
    halting: mean(({ believedRightly }) => Number(believedRightly)),
    answered: mean(({ choice }) => Number(choice !== undefined)),
    spent: mean(({ spent }) => spent),
    oracle: mean(({ anyRight }) => Number(anyRight)),
    selectionFailures: mean(({ anyRight, solved }) => Number(anyRight && !solved)),
  };
}

/** The puzzles that the first chain fails in the end, as a dataset of their own: what one try leaves to do. */
export function failuresOf(puzzles: readonly PuzzleChains[], dataset: Dataset): Dataset {
  const builder = datasetBuilder({ ...dataset, name: `${dataset.name}, failures` });
  for (const puzzle of puzzles) {
    const { inputs, labels, chains, puzzleIdentifier } = puzzle;
    if (isRight(chains[0][chains[0].length - 1].tokens, puzzle)) continue;
    builder.example(inputs, labels);
    builder.endPuzzle(puzzleIdentifier);
    builder.endGroup();
  }
  return builder.build();
}

/** How often the halting head is right, by what it believes. */
export interface BeliefBin {
  /** Range of the belief sigmoid(q). */
  readonly from: number;
  readonly to: number;
  /** Answers in it. */
  readonly count: number;
  readonly meanBelief: number;
  /** Share of them that are right. */
  readonly right: number;
}

/** Calibration of q: last answers of all chains, in bins of equal width by belief; empty bins are left out. */
export function beliefBins(puzzles: readonly PuzzleChains[], bins = 10): BeliefBin[] {
  const answers = puzzles.flatMap((puzzle) =>
    puzzle.chains.map((steps) => {
      const { qHalt, tokens } = steps[steps.length - 1];
      return { belief: beliefOf(qHalt), right: isRight(tokens, puzzle) };
    }),
  );
  return Array.from({ length: bins }, (_, bin): BeliefBin => {
    const inside = answers.filter(({ belief }) => Math.min(bins - 1, Math.floor(belief * bins)) === bin);
    return {
      from: bin / bins,
      to: (bin + 1) / bins,
      count: inside.length,
      meanBelief: inside.reduce((sum, { belief }) => sum + belief, 0) / inside.length,
      right: inside.filter(({ right }) => right).length / inside.length,
    };
  }).filter(({ count }) => count > 0);
}
