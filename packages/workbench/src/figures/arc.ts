import { boardsFigure, type Square } from "./boards";
import type { Figure, Heading } from "./theme";

/** A grid of ARC and what stands above it. */
export interface ArcBoard {
  readonly grid: { readonly rows: number; readonly columns: number; readonly cells: ArrayLike<number> };
  readonly caption?: string;
}

export interface ArcFigureOptions extends Heading {
  readonly boards: readonly ArcBoard[];
  /** @default 8 */
  readonly perRow?: number;
}

// The colours of ARC's own pages, and the canvas around a grid.
const shades = [
  ...["#000000", "#0074D9", "#FF4136", "#2ECC40", "#FFDC00", "#AAAAAA", "#F012BE", "#FF851B", "#7FDBFF"],
  ...["#870C25", "#FFFFFF"],
].map((color) => [color, color] as const);
const outside: Square = { shade: shades.length - 1 };

/**
 * Grids of ARC tasks beside one another, in ARC's colours. Smaller grids stand at the top left of a board of the largest size.
 * @throws RangeError when there are no boards
 * @example
 * arcFigure({ title: "A task", boards: [{ caption: "input", grid: { rows: 1, columns: 2, cells: [0, 3] } }] });
 */
export function arcFigure({ boards, perRow = 8, ...heading }: ArcFigureOptions): Figure {
  if (boards.length === 0) throw new RangeError("boards is empty: give at least one grid");
  const rows = Math.max(1, ...boards.map(({ grid }) => grid.rows));
  const columns = Math.max(1, ...boards.map(({ grid }) => grid.columns));
  return boardsFigure({
    ...heading,
    boards: boards.map(({ grid, caption }) => ({
      ...(caption && { caption }),
      squares: Array.from({ length: rows }, (_, r) =>
        Array.from({ length: columns }, (_, c): Square => {
          if (r >= grid.rows || c >= grid.columns) return outside;
          const colour = grid.cells[r * grid.columns + c];
          return { shade: colour, hover: `row ${r + 1}, column ${c + 1}: colour ${colour}` };
        }),
      ),
    })),
    shades,
    perRow: Math.min(perRow, boards.length),
    squareSize: Math.max(8, Math.min(26, Math.round(80 / columns))),
  });
}
