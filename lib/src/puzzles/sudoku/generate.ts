import type { Random } from "../../random";
import { type Box, geometry } from "./geometry";
import { clueCount, type Grid, type SudokuPuzzle } from "./grid";
import { type SudokuSolver, sudokuSolver } from "./solve";

/**
 * - `minimal`: each clue is needed for the solution to be unique. About 4.3 clues (4x4), 10.1 (6x6), 24.4 (9x9).
 * - `mixed`: a given number of clues, whether or not a guess is needed.
 * - `singles`: naked and hidden singles suffice. With no number of clues, as few as singles allow.
 */
export type SudokuDifficulty = "minimal" | "mixed" | "singles";

/** The puzzles to generate. */
export interface SudokuGeneratorOptions {
  /** @default "mixed" if a number of clues is given, else "minimal" */
  readonly difficulty?: SudokuDifficulty;
  /** Clues of each puzzle. Required for `mixed`, refused for `minimal`. */
  readonly clues?: number;
  /** Least and greatest rating, that is, number of guesses of {@link sudokuSolver}. @default any */
  readonly ratings?: readonly [least: number, greatest: number];
}

/** Failures in a row after which hardly any such puzzle can exist. */
const PATIENCE = 1000;

/**
 * An endless source of random puzzles with one solution each.
 *
 * @throws RangeError when the options contradict each other, or 1,000 tries in a row give no such puzzle
 * @example
 * const next = sudokuGenerator([3, 3], createRandom(1), { difficulty: "singles", clues: 34 });
 * const { puzzle, solution } = next();
 */
export function sudokuGenerator(
  box: Box,
  random: Random,
  options: SudokuGeneratorOptions = {},
): () => SudokuPuzzle {
  const { clues, difficulty = clues === undefined ? "minimal" : "mixed" } = options;
  const { ratings = [0, Number.POSITIVE_INFINITY] } = options;
  const asked = { ...options, difficulty };
  checkOptions(box, asked);
  const solver = sudokuSolver(box);
  const { cells, side } = geometry(box);
  const maySpare = difficulty === "singles" ? solvedBySingles(solver) : solvedOnlyBy(solver);
  const source = `generated ${box.join("x")}`;
  return () => {
    for (let failures = 0; failures < PATIENCE; failures++) {
      const solution = randomSolution(solver, cells, side, random);
      const puzzle = withFewerClues(solution, clues ?? 0, maySpare, random);
      const rating = solver(puzzle).guesses;
      const fits = clues === undefined || clueCount(puzzle) === clues;
      if (fits && rating >= ratings[0] && rating <= ratings[1]) return { puzzle, solution, rating, source };
    }
    throw new RangeError(
      `${PATIENCE} tries gave no ${side}x${side} Sudoku with ${JSON.stringify(asked)}: ask for more clues or other ratings`,
    );
  };
}

function checkOptions(box: Box, { difficulty, clues, ratings }: SudokuGeneratorOptions): void {
  const { cells } = geometry(box);
  if (difficulty === "minimal" && clues !== undefined) {
    throw new RangeError(
      'clues: minimal puzzles have as many as they need; choose difficulty "mixed" or "singles"',
    );
  }
  if (difficulty === "mixed" && clues === undefined) {
    throw new RangeError('clues: difficulty "mixed" needs their number');
  }
  if (clues !== undefined && !(Number.isInteger(clues) && clues >= 1 && clues <= cells)) {
    throw new RangeError(`clues: ${clues} is not a whole number from 1 to ${cells}`);
  }
  if (ratings !== undefined && !(ratings[0] <= ratings[1])) {
    throw new RangeError(`ratings: ${ratings.join(" to ")} is empty`);
  }
}

function randomSolution(solver: SudokuSolver, cells: number, side: number, random: Random): Grid {
  const start = new Uint8Array(cells);
  // A random first row loses no generality and spares the search its widest choices.
  start.set(random.permutation(side).map((digit) => digit + 1));
  const { first } = solver(start, { limit: 1, random });
  if (!first) throw new Error("an almost empty Sudoku grid must have a solution");
  return first;
}

/** True if the solution stays the only one of `puzzle`, from which the clue in `cell` has just been removed. */
type MaySpare = (puzzle: Grid, cell: number, solution: Grid) => boolean;

/** Removes clues in random order, down to `clues`, wherever `maySpare` allows it. */
function withFewerClues(solution: Grid, clues: number, maySpare: MaySpare, random: Random): Grid {
  const puzzle = solution.slice();
  let left = puzzle.length;
  for (const cell of random.permutation(puzzle.length)) {
    if (left === clues) break;
    puzzle[cell] = 0;
    if (maySpare(puzzle, cell, solution)) left--;
    else puzzle[cell] = solution[cell];
  }
  return puzzle;
}

// With this clue the solution was the only one, so a second one must differ in this very cell.
const solvedOnlyBy =
  (solver: SudokuSolver): MaySpare =>
  (puzzle, cell, solution) =>
    solver(puzzle, { limit: 1, except: { cell, digit: solution[cell] } }).solutions === 0;

// Singles place only what every solution has, so a solution without a guess is the only one.
const solvedBySingles =
  (solver: SudokuSolver): MaySpare =>
  (puzzle) =>
    solver(puzzle, { limit: 1 }).guesses === 0;
