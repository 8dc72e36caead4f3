import type { Random } from "../../random";
import { type Box, geometry } from "./geometry";
import type { Grid } from "./grid";

/** A change of a Sudoku that keeps it a Sudoku. */
export interface SudokuSymmetry {
  /** New cell -> the old cell whose content it takes. */
  readonly cells: Uint8Array;
  /** Old digit -> new digit; a blank stays a blank. */
  readonly digits: Uint8Array;
}

export function applySymmetry(grid: Grid, { cells, digits }: SudokuSymmetry): Grid {
  // Plain loops here and below: a million augmentations should take seconds, and Uint8Array.from is ten times slower.
  const changed = new Uint8Array(cells.length);
  for (let cell = 0; cell < cells.length; cell++) changed[cell] = digits[grid[cells[cell]]];
  return changed;
}

/**
 * A random symmetry, drawn as `shuffle_sudoku` of the official `build_sudoku_dataset.py` draws it: digits
 * permuted, the grid transposed or not, bands and the rows within them permuted, stacks and the columns
 * within them permuted.
 *
 * Boxes that are not square are never transposed: a 6x6 grid with boxes two high and three wide would get
 * boxes three high and two wide, which is another kind of puzzle.
 */
export function randomSymmetry(box: Box, random: Random): SudokuSymmetry {
  const { side, cells } = geometry(box);
  const [boxRows, boxColumns] = box;
  const digits = new Uint8Array(side + 1);
  for (let digit = 1; digit <= side; digit++) digits[digit] = digit;
  random.shuffle(digits, 1);
  const transpose = boxRows === boxColumns && random.float() < 0.5;
  const rows = shuffledLines(side, boxRows, random);
  const columns = shuffledLines(side, boxColumns, random);
  const from = new Uint8Array(cells);
  for (let i = 0, cell = 0; i < side; i++) {
    for (let j = 0; j < side; j++, cell++) {
      from[cell] = transpose ? columns[j] * side + rows[i] : rows[i] * side + columns[j];
    }
  }
  return { cells: from, digits };
}

/** Shuffles blocks of `block` neighbouring lines, and the lines within each. */
function shuffledLines(side: number, block: number, random: Random): Uint8Array {
  const blocks = random.permutation(side / block);
  const lines = new Uint8Array(side);
  for (let i = 0; i < side; i++) lines[i] = blocks[Math.floor(i / block)] * block + (i % block);
  for (let start = 0; start < side; start += block) random.shuffle(lines, start, start + block);
  return lines;
}
