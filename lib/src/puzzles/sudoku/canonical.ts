import { type Box, geometry } from "./geometry";
import { formatGrid, type Grid, type SudokuPuzzle } from "./grid";

/**
 * The same text for puzzles that count as the same when training puzzles are kept apart from test puzzles:
 * symmetric ones, but for 4x4 only equal ones, because up to symmetry there are just 36 minimal 4x4 puzzles.
 */
export function sudokuForm({ puzzle, solution }: SudokuPuzzle, box: Box): string {
  return geometry(box).side > 4 ? canonicalForm(puzzle, solution, box) : formatGrid(puzzle);
}

/**
 * A text that two puzzles share exactly when one becomes the other by relabelling digits, permuting bands,
 * stacks, rows and columns within them, and (square boxes) transposing.
 *
 * It is the puzzle in the symmetric form whose solution comes first in reading order; where several
 * symmetries lead to that solution, the one whose blanks come first. Going through the solution makes it
 * fast: the first two rows and the order of the columns settle the digits and the order of all other rows.
 *
 * @param solution The only solution of `puzzle`.
 */
export function canonicalForm(puzzle: Grid, solution: Grid, box: Box): string {
  const { side, cells } = geometry(box);
  const [bandRows, stackColumns] = box;
  const columnOrders = lineOrders(side, stackColumns);
  const best = new Uint8Array(cells).fill(side);
  const bestPuzzle = new Uint8Array(cells);
  const label = new Uint8Array(side + 1);
  const match = new Uint8Array(side);

  for (const { digits, clues } of orientations(puzzle, solution, box)) {
    for (let first = 0; first < side; first++) {
      const firstRow = digits.subarray(first * side, (first + 1) * side);
      for (let i = 1; i < bandRows; i++) {
        const band = first - (first % bandRows);
        const second = band + ((first - band + i) % bandRows);
        for (let column = 0; column < side; column++) {
          match[column] = firstRow.indexOf(digits[second * side + column]);
        }
        for (const order of columnOrders) {
          if (secondRowMayWin(order)) consider(digits, clues, firstRow, order.columns);
        }
      }
    }
  }
  return formatGrid(bestPuzzle);

  /** The second row rules out nearly every case, so it is compared before anything else is worked out. */
  function secondRowMayWin({ columns, positions }: LineOrder): boolean {
    for (let j = 0; j < side; j++) {
      const digit = positions[match[columns[j]]];
      if (digit !== best[side + j]) return digit < best[side + j];
    }
    return true;
  }

  /** Compares the whole grid with the best so far, and keeps the better one with its clues. */
  function consider(digits: Grid, clues: Grid, firstRow: Grid, columns: Uint8Array): void {
    for (let j = 0; j < side; j++) label[firstRow[columns[j]]] = j;
    // In a solution all digits of a column differ, so the first column alone orders the rows.
    const rows = orderedRows(side, bandRows, (row) => label[digits[row * side + columns[0]]]);
    const source = (cell: number): number => rows[Math.floor(cell / side)] * side + columns[cell % side];

    let better = false;
    for (let cell = 0; cell < cells; cell++) {
      const digit = label[digits[source(cell)]];
      if (!better && digit > best[cell]) return;
      if (digit < best[cell]) better = true;
      best[cell] = digit;
    }
    for (let cell = 0; cell < cells; cell++) {
      const digit = clues[source(cell)] === 0 ? 0 : best[cell] + 1;
      if (!better && digit > bestPuzzle[cell]) return;
      if (digit < bestPuzzle[cell]) better = true;
      bestPuzzle[cell] = digit;
    }
  }
}

/** Bands by their first row, rows within bands, each by its digit in the first column. */
function orderedRows(side: number, bandRows: number, leading: (row: number) => number): number[] {
  const bands: number[][] = [];
  for (let top = 0; top < side; top += bandRows) {
    bands.push(Array.from({ length: bandRows }, (_, i) => top + i).sort((a, b) => leading(a) - leading(b)));
  }
  return bands.sort((a, b) => leading(a[0]) - leading(b[0])).flat();
}

/** The grids as they are and, where boxes are square, transposed. */
function orientations(puzzle: Grid, solution: Grid, box: Box): { digits: Grid; clues: Grid }[] {
  const { side } = geometry(box);
  const transposed = (grid: Grid): Grid =>
    grid.map((_, cell) => grid[(cell % side) * side + Math.floor(cell / side)]);
  const asIs = { digits: solution, clues: puzzle };
  return box[0] === box[1] ? [asIs, { digits: transposed(solution), clues: transposed(puzzle) }] : [asIs];
}

/** An order of the columns: new position -> column, and column -> new position. */
interface LineOrder {
  readonly columns: Uint8Array;
  readonly positions: Uint8Array;
}

const knownOrders = new Map<string, LineOrder[]>();

/** Every order of `side` lines that keeps blocks of `block` neighbours together. */
function lineOrders(side: number, block: number): LineOrder[] {
  const key = `${side}/${block}`;
  const known = knownOrders.get(key);
  if (known) return known;
  const within = permutations(block);
  const append = (orders: number[][], b: number): number[][] =>
    orders.flatMap((order) => within.map((lines) => [...order, ...lines.map((line) => b * block + line)]));
  const made = permutations(side / block)
    .flatMap((blocks) => blocks.reduce(append, [[]]))
    .map((order) => ({
      columns: Uint8Array.from(order),
      positions: Uint8Array.from(order, (_, column) => order.indexOf(column)),
    }));
  knownOrders.set(key, made);
  return made;
}

function permutations(n: number): number[][] {
  if (n === 0) return [[]];
  return permutations(n - 1).flatMap((shorter) =>
    Array.from({ length: n }, (_, at) => [...shorter.slice(0, at), n - 1, ...shorter.slice(at)]),
  );
}
