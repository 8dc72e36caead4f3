import { type Box, geometry, sudokuBoxes } from "./geometry";

/** The digits of a Sudoku row by row, `side * side` of them; 0 is a blank. */
export type Grid = Uint8Array;

/** A puzzle with its only solution. */
export interface SudokuPuzzle {
  readonly puzzle: Grid;
  readonly solution: Grid;
  /** Guesses a solver needs that knows naked and hidden singles; a measure of difficulty. */
  readonly rating: number;
  /** Its source, such as a file or "generated". */
  readonly source: string;
}

/** White space and the lines drawn around boxes. */
const DECORATION = /[\s|+─│┌┬┐├┼┤└┴┘]/g;

/** The cells of a grid in a text, `.` for every sign of a blank. Dashes are drawn lines, unless the grid is full only with them. */
export function sudokuCells(text: string): string {
  const cells = text.replace(DECORATION, "").replace(/[0_*]/g, ".");
  const full = (count: number) => sudokuBoxes(count).length > 0;
  const dashes = !full(cells.replaceAll("-", "").length) && full(cells.length) ? "." : "";
  return cells.replaceAll("-", dashes);
}

/**
 * Reads a grid from its cells in reading order: digits, and `.`, `0`, `_`, `*` or `-` for a blank. White space and the lines
 * of {@link sudokuPicture} are skipped.
 *
 * @param what Name of the text in errors.
 * @throws SyntaxError saying which cell is wrong, or how many cells there should be.
 * @example
 * parseGrid("1... ..2. .3.. ...4", [2, 2]);
 */
export function parseGrid(text: string, box: Box, what = "puzzle"): Grid {
  const { side, cells } = geometry(box);
  const symbols = [...sudokuCells(text)];
  const grid = new Uint8Array(symbols.length);
  symbols.forEach((symbol, cell) => {
    const digit = ".123456789".indexOf(symbol);
    if (digit < 0 || digit > side) {
      throw new SyntaxError(
        `${what}: cell ${cell + 1} (${cellName(cell, side)}) is "${symbol}", expected 1 to ${side}, or . or 0 for a blank`,
      );
    }
    grid[cell] = digit;
  });
  if (grid.length !== cells) {
    throw new SyntaxError(`${what}: has ${grid.length} cells, a ${side}x${side} Sudoku has ${cells}`);
  }
  return grid;
}

/** The grid on one line, blanks as `.`; the opposite of {@link parseGrid}. */
export function formatGrid(grid: Grid): string {
  return Array.from(grid, (digit) => digit || ".").join("");
}

/** Number of given digits. */
export function clueCount(puzzle: Grid): number {
  return puzzle.reduce((count, digit) => count + (digit > 0 ? 1 : 0), 0);
}

/** "row 2, column 5", counted from 1 as people do. */
export function cellName(cell: number, side: number): string {
  return `row ${Math.floor(cell / side) + 1}, column ${(cell % side) + 1}`;
}

/**
 * The grid as text with its boxes drawn.
 *
 * @param mark Character to put after a cell, such as "!" where an answer is wrong.
 */
export function sudokuPicture(grid: Grid, box: Box, mark: (cell: number) => string = () => " "): string {
  const { side } = geometry(box);
  const [boxRows, boxColumns] = box;
  const stacks = side / boxColumns;
  const border = (left: string, middle: string, right: string): string =>
    left +
    Array<string>(stacks)
      .fill("─".repeat(2 * boxColumns + 1))
      .join(middle) +
    right;
  const lines = [border("┌", "┬", "┐")];
  for (let row = 0; row < side; row++) {
    if (row > 0 && row % boxRows === 0) lines.push(border("├", "┼", "┤"));
    let line = "";
    for (let column = 0; column < side; column++) {
      const cell = row * side + column;
      line += `${column % boxColumns === 0 ? "│ " : ""}${grid[cell] || "."}${mark(cell)}`;
    }
    lines.push(`${line}│`);
  }
  return [...lines, border("└", "┴", "┘")].join("\n");
}
