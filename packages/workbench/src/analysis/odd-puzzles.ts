import { type Box, type Grid, type SudokuGeneratorOptions, sudokuGenerator, sudokuSolver } from "trm/puzzles";
import { createRandom } from "trm/random";
import { candidateMasks } from "./singles";

/** A Sudoku of a kind that no model was trained on. */
export interface OddPuzzle {
  readonly name: string;
  readonly puzzle: Grid;
}

/**
 * Sudokus that a model has never met, each made of one that it might have met: one empty cell, far more clues than usual, no clue to
 * spare, an empty grid, several solutions, none, and clues that clash.
 * @param usual what the puzzles are like that the model was trained on
 * @example
 * const [{ name, puzzle }] = oddPuzzles([2, 2], 1);
 */
export function oddPuzzles(box: Box, seed: number | string, usual: SudokuGeneratorOptions = {}): OddPuzzle[] {
  const random = createRandom(seed).fork("odd puzzles");
  const { puzzle, solution } = sudokuGenerator(box, random, usual)();
  const masks = candidateMasks(puzzle, box);
  const allowed = (cell: number, digit: number) => ((masks?.[cell] ?? 0) & (1 << (digit - 1))) !== 0;
  const clues = Array.from(puzzle.keys()).filter((cell) => puzzle[cell] > 0);
  const oneEmpty = changed(solution, random.int(0, solution.length), 0);
  const easy = solution.map((digit, cell) => (puzzle[cell] > 0 || random.float() < 0.6 ? digit : 0));
  // Without one of its clues a puzzle with spare clues may still have one solution.
  const solver = sudokuSolver(box);
  const order = Array.from(random.permutation(clues.length), (i) => clues[i]);
  let several = puzzle;
  for (const cell of order) {
    several = changed(several, cell, 0);
    if (solver(several).solutions > 1) break;
  }
  return [
    { name: "as in its training", puzzle },
    { name: "one empty cell", puzzle: oneEmpty },
    { name: "many clues", puzzle: easy },
    { name: "no clue to spare", puzzle: sudokuGenerator(box, random)().puzzle },
    { name: "empty grid", puzzle: new Uint8Array(puzzle.length) },
    { name: "several solutions", puzzle: several },
    {
      name: "no solution",
      puzzle: withDigit(puzzle, (cell, digit) => allowed(cell, digit) && digit !== solution[cell]),
    },
    { name: "clues that clash", puzzle: withDigit(puzzle, (cell, digit) => !allowed(cell, digit)) },
  ];
}

function changed(grid: Grid, cell: number, digit: number): Grid {
  const copy = grid.slice();
  copy[cell] = digit;
  return copy;
}

/** The puzzle with one clue more, in the first blank and with the first digit that fit. */
function withDigit(puzzle: Grid, fits: (cell: number, digit: number) => boolean): Grid {
  const digits = Math.sqrt(puzzle.length);
  for (const cell of puzzle.keys()) {
    for (let digit = 1; digit <= digits; digit++) {
      if (puzzle[cell] === 0 && fits(cell, digit)) return changed(puzzle, cell, digit);
    }
  }
  throw new Error("no blank of the puzzle has such a digit");
}
