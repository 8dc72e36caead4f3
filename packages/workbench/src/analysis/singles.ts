import { type Box, type Grid, geometry } from "trm/puzzles";

/** A digit that logic places at once, without a guess. */
export interface Single {
  readonly cell: number;
  readonly digit: number;
}

/** Candidates of every cell as bit masks; digits that are placed have none. Undefined where the grid breaks the rules. */
export function candidateMasks(grid: Grid, box: Box): Uint16Array | undefined {
  const { side, cells, peers, peersPerCell } = geometry(box);
  const masks = new Uint16Array(cells);
  for (let cell = 0; cell < cells; cell++) {
    let mask = (1 << side) - 1;
    for (let i = cell * peersPerCell; i < (cell + 1) * peersPerCell; i++) {
      const digit = grid[peers[i]];
      if (digit > 0) mask &= ~(1 << (digit - 1));
    }
    const own = grid[cell];
    if (own > 0 ? (mask & (1 << (own - 1))) === 0 : mask === 0) return undefined;
    masks[cell] = own > 0 ? 0 : mask;
  }
  return masks;
}

/**
 * The naked singles (cells with one candidate) and hidden singles (digits with one cell left in a row, column or box) of a grid.
 * A grid that breaks the rules has none.
 * @example
 * singles(parseGrid("1234 3... .... ....", [2, 2]), [2, 2]); // row 2, column 2 is 4: the digit left in its box
 */
export function singles(grid: Grid, box: Box): Single[] {
  const { side, units } = geometry(box);
  const masks = candidateMasks(grid, box);
  if (!masks) return [];
  const found = new Map<number, number>();
  masks.forEach((mask, cell) => {
    if (mask !== 0 && (mask & (mask - 1)) === 0) found.set(cell, 32 - Math.clz32(mask));
  });
  for (let unit = 0; unit < units.length; unit += side) {
    for (let digit = 1; digit <= side; digit++) {
      const places = units.subarray(unit, unit + side).filter((cell) => masks[cell] & (1 << (digit - 1)));
      if (places.length === 1) found.set(places[0], digit);
    }
  }
  return Array.from(found, ([cell, digit]) => ({ cell, digit }));
}

/**
 * The order in which a person could fill in a puzzle: all singles of one moment are a round.
 * @returns for each cell its round, from 1; 0 for a clue, infinite where singles do not suffice
 */
export function singlesRounds(puzzle: Grid, box: Box): number[] {
  const grid = puzzle.slice();
  const rounds = Array.from(puzzle, (digit) => (digit > 0 ? 0 : Number.POSITIVE_INFINITY));
  for (let round = 1; ; round++) {
    const placed = singles(grid, box);
    if (placed.length === 0) return rounds;
    for (const { cell, digit } of placed) [grid[cell], rounds[cell]] = [digit, round];
  }
}

/** Places singles until there are none. Undefined on a contradiction. */
export function placeSingles(puzzle: Grid, box: Box): Grid | undefined {
  const grid = puzzle.slice();
  for (;;) {
    if (!candidateMasks(grid, box)) return undefined;
    const placed = singles(grid, box);
    if (placed.length === 0) return grid;
    for (const { cell, digit } of placed) grid[cell] = digit;
  }
}
