/**
 * Rows and columns of one box: `[3, 3]` for the usual 9x9 Sudoku, `[2, 3]` for 6x6 with boxes two high and
 * three wide.
 */
export type Box = readonly [rows: number, columns: number];

/** The fixed facts of a Sudoku of one box size. Cells are numbered row by row. */
export interface Geometry {
  readonly box: Box;
  /** Cells in a row, column or box, and the largest digit. */
  readonly side: number;
  readonly cells: number;
  /** Rows, then columns, then boxes: the cells of each, `side` at a time. */
  readonly units: Uint8Array;
  /** For each cell, the `peersPerCell` other cells that share a row, column or box with it. */
  readonly peers: Uint8Array;
  readonly peersPerCell: number;
}

/** The boxes of a Sudoku with so many cells, the usual one first: of 36 cells 2x3 and 3x2; none for other numbers. */
export function sudokuBoxes(cells: number): readonly Box[] {
  const boxes: Readonly<Record<number, readonly Box[]>> = {
    16: [[2, 2]],
    36: [
      [2, 3],
      [3, 2],
    ],
    64: [
      [2, 4],
      [4, 2],
    ],
    81: [[3, 3]],
  };
  return boxes[cells] ?? [];
}

const known = new Map<string, Geometry>();

/**
 * @throws RangeError for a box with a side below 2, or with more than nine cells (digits are written as one
 * character).
 */
export function geometry(box: Box): Geometry {
  const key = box.join("x");
  const found = known.get(key) ?? makeGeometry(box);
  known.set(key, found);
  return found;
}

function makeGeometry(box: Box): Geometry {
  const [boxRows, boxColumns] = box;
  const side = boxRows * boxColumns;
  if (
    !(Number.isInteger(boxRows) && Number.isInteger(boxColumns) && boxRows > 1 && boxColumns > 1 && side <= 9)
  ) {
    throw new RangeError(
      `box must be [rows, columns], at least 2 each and at most 9 cells, for example [2, 3]; got [${box.join(", ")}]`,
    );
  }
  const cells = side * side;
  const index = Array.from({ length: side }, (_, i) => i);
  const units = [
    ...index.map((row) => index.map((column) => row * side + column)),
    ...index.map((column) => index.map((row) => row * side + column)),
    ...index.map((b) => {
      const top = Math.floor(b / boxRows) * boxRows;
      const left = (b % boxRows) * boxColumns;
      return index.map((i) => (top + Math.floor(i / boxColumns)) * side + left + (i % boxColumns));
    }),
  ];
  const peers = Array.from({ length: cells }, (_, cell) => {
    const sharing = units.filter((unit) => unit.includes(cell)).flat();
    return [...new Set(sharing)].filter((other) => other !== cell);
  });
  return {
    box,
    side,
    cells,
    units: Uint8Array.from(units.flat()),
    peers: Uint8Array.from(peers.flat()),
    peersPerCell: peers[0].length,
  };
}
