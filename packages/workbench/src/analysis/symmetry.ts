import { IGNORED_LABEL, type PuzzleHints } from "trm/batches";
import {
  ARC_SEQ_LEN,
  ARC_VOCAB_SIZE,
  applyArcAugmentation,
  arcGrid,
  arcTokens,
  type Box,
  DIHEDRAL_COUNT,
  dihedral,
  randomArcAugmentation,
  randomSymmetry,
  sudokuBoxes,
  undoArcAugmentation,
} from "trm/puzzles";
import type { Random } from "trm/random";

/** A change of a puzzle's tokens that keeps it a puzzle of its kind, and the way back. */
export interface TokenSymmetry {
  apply(tokens: Int32Array): Int32Array;
  undo(tokens: Int32Array): Int32Array;
}

/** The symmetries of a kind of puzzle. */
export interface SymmetryGroup {
  /** Different ones that can be drawn, the unchanged puzzle included. */
  readonly count: number;
  /** So many different ones; the first leaves the puzzle as it is. @throws RangeError when there are fewer */
  draw(count: number, random: Random): TokenSymmetry[];
}

/**
 * The symmetries under which a model of these tokens can be asked: digits, bands, rows, stacks and columns of a Sudoku, turns and
 * mirrorings of a maze, turns, mirrorings and colours of an ARC grid in the corner of its canvas.
 * An ARC model knows a task by its puzzle identifier, so that a turned grid asks for another task than the identifier names.
 *
 * @throws Error when the tokens are of none of these kinds
 * @example
 * const { draw } = symmetryGroup({ seqLen: 81, vocabSize: 11 });
 * const [same, other] = draw(2, createRandom(1));
 * const puzzle = new Int32Array(81).fill(1);
 * other.undo(other.apply(puzzle)); // the puzzle again
 */
export function symmetryGroup(
  { seqLen, vocabSize }: { readonly seqLen: number; readonly vocabSize: number },
  hints: PuzzleHints = {},
): SymmetryGroup {
  const side = Math.sqrt(seqLen);
  const boxes = hints.kind === "maze" || vocabSize !== side + 2 ? [] : sudokuBoxes(seqLen);
  const box = hints.box ?? boxes[0];
  if (boxes.length > 0) {
    return group(Number.POSITIVE_INFINITY, (count, random) =>
      Array.from({ length: count }, () => sudokuSymmetry(box, random)),
    );
  }
  if (seqLen === ARC_SEQ_LEN && vocabSize === ARC_VOCAB_SIZE) {
    return group(Number.POSITIVE_INFINITY, (count, random) =>
      Array.from({ length: count }, () => arcSymmetry(random)),
    );
  }
  if (vocabSize === 6 && Number.isInteger(side)) {
    return group(DIHEDRAL_COUNT, (count, random) =>
      Array.from(random.permutation(DIHEDRAL_COUNT - 1).subarray(0, count), (i) => dihedralOf(side, i + 1)),
    );
  }
  throw new Error(`no symmetries are known of puzzles of ${seqLen} cells of ${vocabSize} kinds`);
}

/** No change at all. */
export const unchanged: TokenSymmetry = { apply: (tokens) => tokens, undo: (tokens) => tokens };

function group(most: number, drawOthers: (count: number, random: Random) => TokenSymmetry[]): SymmetryGroup {
  return {
    count: most,
    draw(count, random) {
      if (!(Number.isInteger(count) && count >= 1 && count <= most)) {
        const limit = Number.isFinite(most) ? ` to ${most}, which is all there are` : " up";
        throw new RangeError(`symmetries must be a whole number from 1${limit}, got ${count}`);
      }
      return [unchanged, ...drawOthers(count - 1, random)];
    },
  };
}

/** Tokens of a Sudoku: 1 a blank, 2 the digit 1. */
function sudokuSymmetry(box: Box, random: Random): TokenSymmetry {
  const { cells, digits } = randomSymmetry(box, random);
  const tokens = Int32Array.of(0, ...digits.map((digit) => digit + 1));
  return permutation(cells, tokens);
}

function dihedralOf(side: number, transform: number): TokenSymmetry {
  // A raster holds bytes, too small for the numbers of 900 cells: turn their rows and columns.
  const turned = (placeOf: (cell: number) => number): Uint8Array =>
    dihedral(
      {
        rows: side,
        columns: side,
        cells: Uint8Array.from({ length: side * side }, (_, cell) => placeOf(cell)),
      },
      transform,
    ).cells;
  const [rows, columns] = [turned((cell) => Math.floor(cell / side)), turned((cell) => cell % side)];
  const cells = Int32Array.from(rows, (row, cell) => row * side + columns[cell]);
  return permutation(cells, Int32Array.of(0, 1, 2, 3, 4, 5));
}

/** What lies outside of the grid, such as ends and padding, is written anew. */
function arcSymmetry(random: Random): TokenSymmetry {
  const augmentation = randomArcAugmentation(random);
  const through = (tokens: Int32Array, change: typeof applyArcAugmentation): Int32Array => {
    const changed = Int32Array.from(arcTokens(change(arcGrid(tokens), augmentation)));
    // Padding of labels is ignored, wherever the turned grid leaves some.
    return tokens.includes(IGNORED_LABEL) ? changed.map((token) => token || IGNORED_LABEL) : changed;
  };
  return {
    apply: (tokens) => through(tokens, applyArcAugmentation),
    undo: (tokens) => through(tokens, undoArcAugmentation),
  };
}

/** New cell -> old cell, old token -> new token; ignored labels stay ignored. */
function permutation(cells: Uint8Array | Int32Array, tokens: Int32Array): TokenSymmetry {
  const back = new Int32Array(tokens.length);
  tokens.forEach((token, old) => {
    back[token] = old;
  });
  return {
    apply: (puzzle) => puzzle.map((_, cell) => tokens[puzzle[cells[cell]]] ?? puzzle[cells[cell]]),
    undo(puzzle) {
      const undone = new Int32Array(puzzle.length);
      cells.forEach((old, cell) => {
        undone[old] = back[puzzle[cell]] ?? puzzle[cell];
      });
      return undone;
    },
  };
}
