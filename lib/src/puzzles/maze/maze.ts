/** The kinds of cells. The number is the index in the official charset `"# SGo"`. */
export const MAZE = { wall: 0, open: 1, start: 2, goal: 3, path: 4 } as const;

const SYMBOLS = "# SGo";

/** The cells of a square maze row by row, as numbers of {@link MAZE}. */
export type MazeGrid = Uint8Array;

/** A maze with its only shortest path. */
export interface MazePuzzle {
  /** Cells on a side. */
  readonly size: number;
  readonly question: MazeGrid;
  /** The question with the shortest path drawn in. */
  readonly answer: MazeGrid;
  /** Steps from start to goal. */
  readonly length: number;
  /** Its source, such as a file or "generated". */
  readonly source: string;
}

/**
 * Reads a maze from its cells in reading order: `#` wall, space, `S` start, `G` goal, `o` path. Line ends are
 * skipped; where open cells are written as `.`, so are spaces.
 *
 * @param what Name of the text in errors.
 * @throws SyntaxError naming the cell, or when the maze is not square or lacks its one start and one goal.
 */
export function parseMaze(text: string, what = "maze"): MazeGrid {
  const rows = text.split(text.includes(".") ? /\s+/ : /\r?\n/).filter((row) => row !== "");
  const short = rows.findIndex((row) => row.length !== rows[0].length);
  if (short >= 0) {
    throw new SyntaxError(
      `${what}: row ${short + 1} has ${rows[short].length} cells, row 1 has ${rows[0].length}; an editor may have cut blanks at its end`,
    );
  }
  const symbols = [...rows.join("")];
  const size = Math.round(Math.sqrt(symbols.length));
  if (size * size !== symbols.length || size === 0) {
    throw new SyntaxError(`${what}: has ${symbols.length} cells, which is not a square`);
  }
  const grid = Uint8Array.from(symbols, (symbol, cell) => {
    const kind = SYMBOLS.indexOf(symbol === "." ? " " : symbol);
    if (kind >= 0) return kind;
    const place = `row ${Math.floor(cell / size) + 1}, column ${(cell % size) + 1}`;
    throw new SyntaxError(`${what}: ${place} is "${symbol}", expected one of "${SYMBOLS}"`);
  });
  for (const [name, kind] of [
    ["start S", MAZE.start],
    ["goal G", MAZE.goal],
  ] as const) {
    const count = grid.filter((cell) => cell === kind).length;
    if (count !== 1) throw new SyntaxError(`${what}: has ${count} cells marked as ${name}, expected one`);
  }
  return grid;
}

/** The maze on one line; the opposite of {@link parseMaze}. */
export function formatMaze(grid: MazeGrid): string {
  return Array.from(grid, (kind) => SYMBOLS[kind]).join("");
}

const PICTURE = ["██", "  ", "S ", "G ", "· "];

/**
 * The maze as text, two characters a cell so that it looks square.
 *
 * @param mark Two characters to show instead of a cell, such as "× " on a wrong step; null leaves it as it
 * is.
 */
export function mazePicture(grid: MazeGrid, mark: (cell: number) => string | null = () => null): string {
  const size = Math.sqrt(grid.length);
  const rows = Array.from({ length: size }, (_, row) => {
    const cells = grid.subarray(row * size, (row + 1) * size);
    return Array.from(cells, (kind, column) => mark(row * size + column) ?? PICTURE[kind]).join("");
  });
  return rows.join("\n");
}
