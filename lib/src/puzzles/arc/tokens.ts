import type { Random } from "../../random";
import { type Raster, turnsRows } from "../dihedral";
import { ARC_MAX_SIDE, type ArcPair } from "./task";

/** Tokens of a grid on the official canvas, whatever its size. */
export const ARC_SEQ_LEN = ARC_MAX_SIDE * ARC_MAX_SIDE;
/** Padding 0, end of a row or column 1, colours 0 to 9 as 2 to 11. */
export const ARC_VOCAB_SIZE = 12;

const END = 1;
const COLOUR_OFFSET = 2;

/** Free rows above a grid and columns left of it. */
export interface ArcPlace {
  readonly row: number;
  readonly column: number;
}

export const ARC_CORNER: ArcPlace = { row: 0, column: 0 };

/**
 * The tokens of a grid on a square canvas of `side` rows, a row of end tokens below it and a column of them
 * right of it, where there is room (`np_grid_to_seq_translational_augment` of the official code, on 30x30).
 *
 * @throws RangeError when the grid does not fit there.
 */
export function arcTokens(grid: Raster, place: ArcPlace = ARC_CORNER, side = ARC_MAX_SIDE): Uint8Array {
  const [bottom, right] = [place.row + grid.rows, place.column + grid.columns];
  if (bottom > side || right > side) {
    throw new RangeError(
      `a grid of ${grid.rows}x${grid.columns} does not fit at row ${place.row}, column ${place.column} of ${side}x${side}`,
    );
  }
  const tokens = new Uint8Array(side * side);
  for (let row = place.row, cell = 0; row < bottom; row++) {
    const start = row * side;
    for (let column = place.column; column < right; column++) {
      tokens[start + column] = grid.cells[cell++] + COLOUR_OFFSET;
    }
    if (right < side) tokens[start + right] = END;
  }
  if (bottom < side) {
    tokens.fill(END, bottom * side + place.column, bottom * side + right);
  }
  return tokens;
}

/**
 * The grid of a square canvas of predicted tokens: the largest rectangle of colours at the top left corner (`_crop` of the
 * official `evaluators/arc.py`). It has no cells if there is none.
 */
export function arcGrid(tokens: ArrayLike<number>): Raster {
  const side = Math.sqrt(tokens.length);
  const isColour = (row: number, column: number): boolean => {
    const token = tokens[row * side + column];
    return token >= COLOUR_OFFSET && token < ARC_VOCAB_SIZE;
  };
  let [rows, columns] = [0, 0];
  for (let row = 0, width = side; row < side; row++) {
    let coloured = 0;
    while (coloured < width && isColour(row, coloured)) coloured++;
    width = coloured;
    if ((row + 1) * width > rows * columns) [rows, columns] = [row + 1, width];
  }
  const cells = new Uint8Array(rows * columns);
  for (let cell = 0; cell < cells.length; cell++) {
    const at = Math.floor(cell / columns) * side + (cell % columns);
    cells[cell] = tokens[at] - COLOUR_OFFSET;
  }
  return { rows, columns, cells };
}

/**
 * A random place at which both grids of a pair fit: they move together, so that the rule stays the same.
 *
 * @param transform The dihedral transform that the pair will have undergone.
 */
export function randomArcPlace(pair: ArcPair, transform: number, random: Random, side: number): ArcPlace {
  const rows = Math.max(pair.input.rows, pair.output.rows);
  const columns = Math.max(pair.input.columns, pair.output.columns);
  const [high, wide] = turnsRows(transform) ? [columns, rows] : [rows, columns];
  return { row: random.int(0, side - high + 1), column: random.int(0, side - wide + 1) };
}
