/** A rectangle of small numbers, row by row. */
export interface Raster {
  readonly rows: number;
  readonly columns: number;
  /** `[rows * columns]` */
  readonly cells: Uint8Array;
}

/** The eight symmetries of a square: rotations, mirrorings, transpositions. */
export const DIHEDRAL_COUNT = 8;

/** Transform -> the transform that undoes it (`DIHEDRAL_INVERSE` of the official `dataset/common.py`). */
export const DIHEDRAL_INVERSE: readonly number[] = [0, 3, 2, 1, 4, 5, 6, 7];

/**
 * The original cell under the first cell of the result, and the steps in it for a row and a column of the
 * result.
 */
type Walk = (rows: number, columns: number) => readonly [first: number, rowStep: number, columnStep: number];

const WALKS: readonly Walk[] = [
  (_rows, columns) => [0, columns, 1],
  (_rows, columns) => [columns - 1, -1, columns],
  (rows, columns) => [rows * columns - 1, -columns, -1],
  (rows, columns) => [(rows - 1) * columns, 1, -columns],
  (_rows, columns) => [columns - 1, columns, -1],
  (rows, columns) => [(rows - 1) * columns, -columns, 1],
  (_rows, columns) => [0, 1, columns],
  (rows, columns) => [rows * columns - 1, -1, -columns],
];

/** True if a transform turns columns into rows. */
export function turnsRows(transform: number): boolean {
  return transform === 1 || transform === 3 || transform === 6 || transform === 7;
}

/**
 * Applies a dihedral transform in the official numbering: 0 nothing; 1, 2, 3 a quarter, half, three quarters
 * turn counterclockwise; 4 mirrored left to right; 5 upside down; 6 transposed; 7 transposed along the other
 * diagonal.
 *
 * @throws RangeError for another number.
 */
export function dihedral({ rows, columns, cells }: Raster, transform: number): Raster {
  const walk = WALKS[transform];
  if (!walk) throw new RangeError(`dihedral transform must be an integer from 0 to 7, got ${transform}`);
  const [first, rowStep, columnStep] = walk(rows, columns);
  const [newRows, newColumns] = turnsRows(transform) ? [columns, rows] : [rows, columns];
  const moved = new Uint8Array(cells.length);
  for (let row = 0, cell = 0; row < newRows; row++) {
    let from = first + row * rowStep;
    for (let column = 0; column < newColumns; column++, cell++, from += columnStep) moved[cell] = cells[from];
  }
  return { rows: newRows, columns: newColumns, cells: moved };
}

/** Undoes {@link dihedral}. */
export function inverseDihedral(raster: Raster, transform: number): Raster {
  return dihedral(raster, DIHEDRAL_INVERSE[transform] ?? transform);
}
