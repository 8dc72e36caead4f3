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
  const { side, peers, peersPerCell } = geometry(box);
  const [first] = checkSudoku(puzzle, box).conflicts;
  if (first !== undefined) {
    const itsPeers = peers.subarray(first * peersPerCell, (first + 1) * peersPerCell);
    const second = itsPeers.find((peer) => puzzle[peer] === puzzle[first])!;
    return `the clues at ${cellName(first, side)} and ${cellName(second, side)} are both ${puzzle[first]}`;
  }
  const { solutions } = sudokuSolver(box)(puzzle);
  if (solutions === 0) return "no solution exists";
  return solutions > 1 ? "more than one solution exists" : undefined;
}
