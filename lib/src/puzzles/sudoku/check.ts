import { type Box, geometry } from "./geometry";
import type { Grid } from "./grid";

/** The verdict on an answer to a Sudoku. It is solved if all lists are empty and `complete` is true. */
export interface SudokuCheck {
  readonly solved: boolean;
  /** No cell is blank. */
  readonly complete: boolean;
  /** Cells that repeat a digit of their row, column or box. */
  readonly conflicts: readonly number[];
  /** Cells that do not repeat the clue of the puzzle. */
  readonly changedClues: readonly number[];
}

/**
 * Judges an answer by the rules alone, without a known solution.
 *
 * @param answer Any digits, blanks included.
 * @param puzzle The clues the answer must keep; without it only the rules count.
 */
export function checkSudoku(answer: Grid, box: Box, puzzle?: Grid): SudokuCheck {
  const { cells, peers, peersPerCell } = geometry(box);
  for (const [name, grid] of Object.entries({ answer, puzzle })) {
    if (grid && grid.length !== cells)
      throw new RangeError(`${name} has ${grid.length} cells, expected ${cells}`);
  }
  const conflicts: number[] = [];
  const changedClues: number[] = [];
  for (let cell = 0; cell < cells; cell++) {
    const digit = answer[cell];
    const cellPeers = peers.subarray(cell * peersPerCell, (cell + 1) * peersPerCell);
    if (digit !== 0 && cellPeers.some((peer) => answer[peer] === digit)) conflicts.push(cell);
    if (puzzle && puzzle[cell] !== 0 && puzzle[cell] !== digit) changedClues.push(cell);
  }
  const complete = !answer.includes(0);
  return {
    solved: complete && conflicts.length + changedClues.length === 0,
    complete,
    conflicts,
    changedClues,
  };
}
