import type { Random } from "../../random";
import { type Box, geometry } from "./geometry";
import type { Grid, SudokuPuzzle } from "./grid";
import { type SudokuSolver, sudokuSolver } from "./solve";

/**
 * An endless source of random minimal puzzles: each has one solution, and would have several without any one
 * clue.
 *
 * @example
 * const next = sudokuGenerator([2, 3], createRandom(1));
 * const { puzzle, solution } = next();
 */
export function sudokuGenerator(box: Box, random: Random): () => SudokuPuzzle {
  const solver = sudokuSolver(box);
  const { cells, side } = geometry(box);
  return () => {
    const solution = randomSolution(solver, cells, side, random);
    const puzzle = withoutNeedlessClues(solver, solution, random);
    return { puzzle, solution, rating: solver(puzzle).guesses, source: `generated ${box.join("x")}` };
  };
}

function randomSolution(solver: SudokuSolver, cells: number, side: number, random: Random): Grid {
  const start = new Uint8Array(cells);
  // A random first row loses no generality and spares the search its widest choices.
  start.set(random.permutation(side).map((digit) => digit + 1));
  const { first } = solver(start, { limit: 1, random });
  if (!first) throw new Error("an almost empty Sudoku grid must have a solution");
  return first;
}

/** Takes clues away in random order wherever the solution stays the only one. */
function withoutNeedlessClues(solver: SudokuSolver, solution: Grid, random: Random): Grid {
  const puzzle = solution.slice();
  for (const cell of random.permutation(puzzle.length)) {
    puzzle[cell] = 0;
    // With this clue the solution was the only one, so a second one must differ in this very cell.
    const except = { cell, digit: solution[cell] };
    if (solver(puzzle, { limit: 1, except }).solutions > 0) puzzle[cell] = solution[cell];
  }
  return puzzle;
}
