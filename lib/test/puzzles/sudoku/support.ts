import fc from "fast-check";
import { type Box, type Grid, geometry, type SudokuPuzzle, sudokuGenerator } from "../../../src/puzzles";
import { createRandom } from "../../../src/random";

export const BOXES: readonly Box[] = [
  [2, 2],
  [2, 3],
  [3, 2],
  [3, 3],
];

/** A box size and a puzzle generated for it. */
export const anyPuzzle: fc.Arbitrary<{ box: Box; seed: number } & SudokuPuzzle> = fc
  .record({ box: fc.constantFrom(...BOXES), seed: fc.integer() })
  .map(({ box, seed }) => ({ box, seed, ...sudokuGenerator(box, createRandom(seed))() }));

/** Counts solutions by trying every digit in every blank: slow, but plainly right. */
export function bruteForceCount(puzzle: Grid, box: Box, limit: number): number {
  const { side } = geometry(box);
  const grid = puzzle.slice();
  const sameUnit = (a: number, b: number): boolean => {
    const [rowA, columnA, rowB, columnB] = [Math.floor(a / side), a % side, Math.floor(b / side), b % side];
    const sameBox =
      Math.floor(rowA / box[0]) === Math.floor(rowB / box[0]) &&
      Math.floor(columnA / box[1]) === Math.floor(columnB / box[1]);
    return rowA === rowB || columnA === columnB || sameBox;
  };
  const fits = (cell: number, digit: number): boolean =>
    grid.every((other, at) => at === cell || other !== digit || !sameUnit(at, cell));
  if (grid.some((digit, cell) => digit !== 0 && !fits(cell, digit))) return 0;
  const count = (found: number): number => {
    const cell = grid.indexOf(0);
    if (cell < 0) return found + 1;
    let total = found;
    for (let digit = 1; digit <= side && total < limit; digit++) {
      if (!fits(cell, digit)) continue;
      grid[cell] = digit;
      total = count(total);
    }
    grid[cell] = 0;
    return total;
  };
  return count(0);
}
