/** Told how many puzzles of how many there are. */
export type GenerationProgress = (done: number, count: number) => void;

/** So many repeats in a row mean that hardly anything new is left. */
const PATIENCE = 1000;

/**
 * Takes puzzles from a source, skipping repeats, so that however the list is split no part gives another
 * away.
 *
 * @param form The same text for puzzles that count as the same, such as symmetric ones.
 * @param onProgress Told after each new puzzle.
 * @throws RangeError when the source runs dry.
 */
export function distinct<T>(
  next: () => T,
  count: number,
  form: (puzzle: T) => string,
  onProgress?: GenerationProgress,
): T[] {
  const seen = new Set<string>();
  const puzzles: T[] = [];
  for (let repeats = 0; puzzles.length < count; ) {
    const puzzle = next();
    const key = form(puzzle);
    if (seen.has(key)) {
      if (++repeats < PATIENCE) continue;
      throw new RangeError(
        `found only ${puzzles.length} different puzzles of this kind, ${count} were asked for`,
      );
    }
    seen.add(key);
    puzzles.push(puzzle);
    repeats = 0;
    onProgress?.(puzzles.length, count);
  }
  return puzzles;
}
