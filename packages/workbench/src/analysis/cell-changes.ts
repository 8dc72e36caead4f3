import { sudokuDigits } from "trm/batches";
import type { Box } from "trm/puzzles";
import { beliefOf } from "trm/trainer";
import type { Chain, PuzzleChains } from "./chains";
import { singles, singlesRounds } from "./singles";

/** What one supervision step did to the open cells of puzzles: means per puzzle. */
export interface StepChanges {
  /** Counted from 1. */
  readonly supervisionStep: number;
  /** Open cells whose answer differs from the step before; all of them after the first. */
  readonly changed: number;
  readonly wrongToRight: number;
  readonly rightToWrong: number;
  /** From one wrong answer to another. */
  readonly wrongToWrong: number;
  /** Open cells that are wrong now. */
  readonly wrong: number;
  /** Mean probability of the answers in all cells. */
  readonly confidence: number;
  /** Belief that the whole answer is right, sigmoid(q). */
  readonly belief: number;
}

/** Cells of a puzzle whose label is asked for and not given. */
export function openCells({ inputs, labels }: Pick<PuzzleChains, "inputs" | "labels">): number[] {
  return Array.from(labels.keys()).filter((cell) => labels[cell] >= 0 && labels[cell] !== inputs[cell]);
}

/**
 * How answers change from step to step, in the first chain of each puzzle.
 * @throws RangeError when there are no puzzles, or chains of different lengths
 * @example
 * const step = (...tokens: number[]) => ({ tokens: Int32Array.from(tokens), qHalt: 0, halts: false, change: 0, confidence: 1 });
 * const puzzle = { inputs: Int32Array.of(1, 1), labels: Int32Array.of(2, 3), puzzleIdentifier: 0 };
 * stepChanges([{ ...puzzle, chains: [[step(2, 2), step(2, 3)]] }])[1].wrongToRight; // 1
 */
export function stepChanges(puzzles: readonly PuzzleChains[]): StepChanges[] {
  const steps = puzzles[0]?.chains[0].length;
  if (!steps || puzzles.some(({ chains }) => chains[0].length !== steps)) {
    throw new RangeError("changes of cells need puzzles with equally many steps");
  }
  const perPuzzle = puzzles.map((puzzle) => changesOf(puzzle));
  return perPuzzle[0].map((first, step) => {
    const sums = { ...first };
    for (const key of Object.keys(first) as (keyof StepChanges)[]) {
      sums[key] = perPuzzle.reduce((sum, all) => sum + all[step][key], 0) / perPuzzle.length;
    }
    return sums;
  });
}

type Mutable = { -readonly [key in keyof StepChanges]: StepChanges[key] };

function changesOf(puzzle: PuzzleChains): Mutable[] {
  const { labels, chains } = puzzle;
  const open = openCells(puzzle);
  const count = (holds: (cell: number) => boolean): number => open.filter(holds).length;
  return chains[0].map(({ tokens, confidence, qHalt }, step) => {
    const before = chains[0][step - 1]?.tokens;
    const isRight = (cell: number) => tokens[cell] === labels[cell];
    const wasRight = (cell: number) => before?.[cell] === labels[cell];
    const changed = (cell: number) => before?.[cell] !== tokens[cell];
    return {
      supervisionStep: step + 1,
      changed: count(changed),
      wrongToRight: count((cell) => !wasRight(cell) && isRight(cell)),
      rightToWrong: count((cell) => wasRight(cell) && !isRight(cell)),
      wrongToWrong: count((cell) => changed(cell) && !wasRight(cell) && !isRight(cell)),
      wrong: count((cell) => !isRight(cell)),
      confidence,
      belief: beliefOf(qHalt),
    };
  });
}

/** The step, from 1, from which a cell is right for good; infinite where it is not in the end. */
export function rightFrom(chain: Chain, labels: Int32Array): number[] {
  return Array.from(labels, (label, cell) => {
    let from = Number.POSITIVE_INFINITY;
    for (let step = chain.length; step > 0 && chain[step - 1].tokens[cell] === label; step--) from = step;
    return from;
  });
}

/** How far the order of a model's answers follows the order in which a person could fill in the puzzles. */
export interface SolvingOrder {
  /** A row for each round of singles, then one for cells that need a guess. */
  readonly rounds: readonly {
    readonly round: number;
    readonly cells: number;
    /** Share of them that are right for good from each supervision step on. */
    readonly rightBy: readonly number[];
    /** Mean step from which they are right, of those that are in the end. */
    readonly meanStep: number;
  }[];
  /** After each step but the last: open cells that were wrong, in two parts, and the shares of them that the next step made right. */
  readonly next: readonly {
    readonly supervisionStep: number;
    /** Cells that a person could have filled in, from the clues and the cells that were right. */
    readonly singles: number;
    readonly singlesMadeRight: number;
    readonly others: number;
    readonly othersMadeRight: number;
  }[];
}

/**
 * Compares when a model gets the cells of Sudokus right with when naked and hidden singles could place them.
 * @param puzzles Sudokus with their first chains of equal length
 */
export function solvingOrder(puzzles: readonly PuzzleChains[], box: Box): SolvingOrder {
  const steps = puzzles[0].chains[0].length;
  const cells = puzzles.flatMap((puzzle) => {
    const rounds = singlesRounds(sudokuDigits(puzzle.inputs), box);
    const from = rightFrom(puzzle.chains[0], puzzle.labels);
    return openCells(puzzle).map((cell) => ({ round: rounds[cell], from: from[cell] }));
  });
  const rounds = [...new Set(cells.map(({ round }) => round))].sort((a, b) => a - b);
  return {
    rounds: rounds.map((round) => {
      const own = cells.filter((cell) => cell.round === round);
      const right = own.filter(({ from }) => from <= steps);
      return {
        round,
        cells: own.length,
        rightBy: Array.from(
          { length: steps },
          (_, step) => own.filter(({ from }) => from <= step + 1).length / own.length,
        ),
        meanStep: right.reduce((sum, { from }) => sum + from, 0) / right.length,
      };
    }),
    next: Array.from({ length: steps - 1 }, (_, step) => nextStep(puzzles, box, step)),
  };
}

/**
 * How far each puzzle is solved in the order of singles: Spearman's correlation between the round in which a person could place a
 * cell and the step from which the model has it right, 1 for the same order. Cells that need a guess come last, and so do cells that
 * never become right; a puzzle whose cells all become right at once has no order and is left out.
 */
export function orderCorrelations(puzzles: readonly PuzzleChains[], box: Box): number[] {
  return puzzles.flatMap((puzzle) => {
    const rounds = singlesRounds(sudokuDigits(puzzle.inputs), box);
    const from = rightFrom(puzzle.chains[0], puzzle.labels);
    const open = openCells(puzzle);
    const [a, b] = [rounds, from].map((values) => ranks(open.map((cell) => values[cell])));
    const value = cosine(a, b);
    return Number.isNaN(value) ? [] : [value];
  });
}

/** Ranks about their mean; equal values share the mean of their ranks. */
function ranks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + equal / 2 - values.length / 2;
  });
}

/** NaN where one of the vectors is 0. */
function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function nextStep(puzzles: readonly PuzzleChains[], box: Box, step: number): SolvingOrder["next"][number] {
  let [placeable, placed, others, othersRight] = [0, 0, 0, 0];
  for (const { inputs, labels, chains } of puzzles) {
    const [now, then] = [chains[0][step].tokens, chains[0][step + 1].tokens];
    // Wrong answers count as blanks: they would forbid digits that a person may still place.
    const known = sudokuDigits(labels.map((label, cell) => (now[cell] === label ? label : inputs[cell])));
    const free = new Set(singles(known, box).map(({ cell }) => cell));
    for (const cell of openCells({ inputs, labels })) {
      if (now[cell] === labels[cell]) continue;
      const right = Number(then[cell] === labels[cell]);
      if (free.has(cell)) [placeable, placed] = [placeable + 1, placed + right];
      else [others, othersRight] = [others + 1, othersRight + right];
    }
  }
  return {
    supervisionStep: step + 1,
    singles: placeable,
    singlesMadeRight: placed / placeable,
    others,
    othersMadeRight: othersRight / others,
  };
}
