import { canonicalForm } from "./canonical";
import type { Box } from "./geometry";
import { formatGrid, type SudokuPuzzle } from "./grid";

/** So many repeats in a row mean that hardly any new puzzle is left. */
const PATIENCE = 1000;

/**
 * Takes puzzles from a source, skipping repeats, so that however the list is split no part gives another away.
 *
 * Two puzzles are the same if a symmetry turns one into the other. Only 4x4 puzzles just have to be literally different: up
 * to symmetry there are 36 minimal ones in all.
 *
 * @throws RangeError when the source runs dry.
 */
export function distinctPuzzles(next: () => SudokuPuzzle, count: number, box: Box): SudokuPuzzle[] {
  const upToSymmetry = box[0] * box[1] > 4;
  const seen = new Set<string>();
  const puzzles: SudokuPuzzle[] = [];
  for (let repeats = 0; puzzles.length < count; ) {
    const candidate = next();
    const { puzzle, solution } = candidate;
    const key = upToSymmetry ? canonicalForm(puzzle, solution, box) : formatGrid(puzzle);
    if (seen.has(key)) {
      if (++repeats < PATIENCE) continue;
      throw new RangeError(
        `found only ${puzzles.length} different ${box.join("x")}-box puzzles, ${count} were asked for`,
      );
    }
    seen.add(key);
    puzzles.push(candidate);
    repeats = 0;
  }
  return puzzles;
}
