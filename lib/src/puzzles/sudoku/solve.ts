import type { Random } from "../../random";
import { type Box, geometry } from "./geometry";
import type { Grid } from "./grid";

/** The result of a search. */
export interface SearchResult {
  /** Solutions found; the search stops at the limit, so at most that. */
  readonly solutions: number;
  /** The first solution, or null. */
  readonly first: Grid | null;
  /** Digits tried where neither a naked nor a hidden single was left: a measure of difficulty. */
  readonly guesses: number;
}

export interface SearchOptions {
  /** Stop at this many solutions. Default 2, enough to tell whether a solution is unique. */
  readonly limit?: number;
  /** Try digits in random order, so that the first solution is a random one. */
  readonly random?: Random;
  /** Only solutions with another digit than this in this cell. */
  readonly except?: { readonly cell: number; readonly digit: number };
}

/** Searches the solutions of one puzzle after the other, reusing its memory. */
export type SudokuSolver = (puzzle: Grid, options?: SearchOptions) => SearchResult;

/**
 * A solver for one box size: candidates are bit masks; naked and hidden singles are placed until none is
 * left, then the cell with the fewest candidates is guessed.
 *
 * @example
 * const { solutions, first } = sudokuSolver([2, 2])(parseGrid("1... ..2. .3.. ...4", [2, 2])); // 1, the solution
 */
export function sudokuSolver(box: Box): SudokuSolver {
  const { side, cells, units, peers, peersPerCell } = geometry(box);
  const every = (1 << side) - 1;
  const bitCount = Uint8Array.from(
    { length: every + 1 },
    (_, mask) => mask.toString(2).replaceAll("0", "").length,
  );
  // Candidate masks of the whole grid, once for every depth of guessing.
  const masks = new Uint16Array(cells * (cells + 1));
  const pending = new Uint8Array(cells);

  /** Gives a cell its digit and places the naked singles that follow. False on a contradiction. */
  const place = (base: number, cell: number, bit: number): boolean => {
    masks[base + cell] = bit;
    pending[0] = cell;
    let size = 1;
    while (size > 0) {
      const from = pending[--size];
      const taken = masks[base + from];
      for (let i = from * peersPerCell, end = i + peersPerCell; i < end; i++) {
        const at = base + peers[i];
        const left = masks[at];
        if ((left & taken) === 0) continue;
        const rest = left ^ taken;
        if (rest === 0) return false;
        masks[at] = rest;
        if ((rest & (rest - 1)) === 0) pending[size++] = peers[i];
      }
    }
    return true;
  };

  /**
   * Places digits that have one cell left in a row, column or box, until there are none. False on a
   * contradiction.
   */
  const placeHiddenSingles = (base: number): boolean => {
    for (let changed = true; changed; ) {
      changed = false;
      for (let unit = 0; unit < units.length; unit += side) {
        let once = 0;
        let twice = 0;
        for (let i = unit; i < unit + side; i++) {
          const mask = masks[base + units[i]];
          twice |= once & mask;
          once |= mask;
        }
        if (once !== every) return false;
        const single = once & ~twice;
        if (single === 0) continue;
        for (let i = unit; i < unit + side; i++) {
          const mask = masks[base + units[i]];
          const bit = mask & single;
          if (bit === 0 || bit === mask) continue;
          if ((bit & (bit - 1)) !== 0 || !place(base, units[i], bit)) return false;
          changed = true;
        }
      }
    }
    return true;
  };

  const fewestCandidates = (base: number): number => {
    let best = -1;
    let fewest = side + 1;
    for (let cell = 0; cell < cells; cell++) {
      const count = bitCount[masks[base + cell]];
      if (count > 1 && count < fewest) {
        if (count === 2) return cell;
        fewest = count;
        best = cell;
      }
    }
    return best;
  };

  return (puzzle, { limit = 2, random, except } = {}) => {
    if (puzzle.length !== cells) {
      throw new RangeError(`a ${side}x${side} Sudoku has ${cells} cells, this puzzle has ${puzzle.length}`);
    }
    let solutions = 0;
    let guesses = 0;
    let first: Grid | null = null;

    /** Searches below the masks at `base`; true when the limit is reached. */
    const search = (base: number): boolean => {
      if (!placeHiddenSingles(base)) return false;
      const cell = fewestCandidates(base);
      if (cell < 0) {
        first ??= Uint8Array.from(masks.subarray(base, base + cells), (mask) => 32 - Math.clz32(mask));
        return ++solutions >= limit;
      }
      let digits = masks[base + cell];
      while (digits !== 0) {
        const bit = random ? randomBit(digits, random) : digits & -digits;
        digits ^= bit;
        guesses++;
        masks.copyWithin(base + cells, base, base + cells);
        if (place(base + cells, cell, bit) && search(base + cells)) return true;
      }
      return false;
    };

    masks.fill(every, 0, cells);
    if (except) masks[except.cell] &= ~(1 << (except.digit - 1));
    for (let cell = 0; cell < cells; cell++) {
      if (puzzle[cell] === 0) continue;
      const bit = 1 << (puzzle[cell] - 1);
      if ((masks[cell] & bit) === 0 || !place(0, cell, bit)) return { solutions, first, guesses };
    }
    search(0);
    return { solutions, first, guesses };
  };

  function randomBit(mask: number, random: Random): number {
    let skip = random.int(0, bitCount[mask]);
    let rest = mask;
    while (skip-- > 0) rest &= rest - 1;
    return rest & -rest;
  }
}
