import { canonicalForm } from "./canonical";
import type { Box } from "./geometry";
import { formatGrid, type SudokuPuzzle } from "./grid";

/** So many repeats in a row mean that hardly any new puzzle is left. */
const PATIENCE = 10_000;

/**
 * Takes puzzles from a source, skipping every repeat: puzzles that any list made from them shares with another cannot
 * give a test away.
 *
 * Two puzzles count as the same when a symmetry turns one into the other. There are only 36 minimal 4x4 puzzles up to symmetry,
 * so 4x4 puzzles only have to be literally different.
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
