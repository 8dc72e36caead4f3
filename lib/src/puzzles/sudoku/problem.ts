import { checkSudoku } from "./check";
import { type Box, geometry } from "./geometry";
import { cellName, type Grid } from "./grid";
import { sudokuSolver } from "./solve";

/**
 * The fault of a question, in one sentence: clues that clash, no solution, or several; undefined if it has exactly one.
 *
 * @example
 * sudokuProblem(parseGrid("11..............", [2, 2]), [2, 2]); // the clues at row 1, column 1 and row 1, column 2 are both 1
 */
export function sudokuProblem(puzzle: Grid, box: Box): string | undefined {
  const { side } = geometry(box);
  const [first] = checkSudoku(puzzle, box).conflicts;
  if (first !== undefined) {
    const second = checkSudoku(puzzle, box).conflicts.find(
      (cell) => cell !== first && puzzle[cell] === puzzle[first] && clash(puzzle, box, first, cell),
    );
    return `the clues at ${cellName(first, side)} and ${cellName(second ?? first, side)} are both ${puzzle[first]}`;
  }
  const { solutions } = sudokuSolver(box)(puzzle);
  if (solutions === 0) return "no solution exists";
  return solutions > 1 ? "more than one solution exists" : undefined;
}

/** True if two cells alone break a rule. */
function clash(puzzle: Grid, box: Box, a: number, b: number): boolean {
  const only = new Uint8Array(puzzle.length);
  only[a] = puzzle[a];
  only[b] = puzzle[b];
  return checkSudoku(only, box).conflicts.length > 0;
}
