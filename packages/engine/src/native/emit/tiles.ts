/** Views whose rows lie side by side, as after a transposition: some rows at a time are copied, so that loops read them in order. */
import { bytesOf, type NativeType } from "../plan/memory";

/** How the rows of a loop lie in a view; strides in elements. */
interface RowsAndColumns {
  readonly rows: number;
  readonly columns: number;
  /** From a row to the next, and from a column to the next. */
  readonly row: number;
  readonly column: number;
}

/** A copy of some rows. */
export interface Tile extends RowsAndColumns {
  /** C of the address where the row begins that is being done. */
  readonly from: string;
  /** The variable that counts the rows. */
  readonly counter: string;
  readonly type: string;
}

/** Rows copied at a time: a line of the cache. */
const height = 16;
/** So that a tile fits into the first cache with what else the loop reads. */
const mostColumns = 256;

/** Whether reading it row by row would take every element from another line of the cache, which the copy does in vectors. */
export const liesAcross = ({ rows, columns, row, column }: RowsAndColumns, dtype: NativeType): boolean =>
  row === 1 && column > 1 && rows >= 4 && columns >= 4 && columns <= mostColumns && bytesOf[dtype] === 4;

/** C of the present row's element `c` in a tile, which is added to the others if it is new. */
export function useTile(tiles: Tile[], tile: Tile): string {
  let index = tiles.findIndex(({ from, column }) => from === tile.from && column === tile.column);
  if (index < 0) index = tiles.push(tile) - 1;
  return `t${index}[${tile.counter} % ${height} * ${tile.columns} + c]`;
}

/** C that declares the tiles, and that fills them whenever the loop comes to the next rows. */
export function tileCode(tiles: readonly Tile[]): { declarations: string[]; fill: string[] } {
  return {
    declarations: tiles.map(({ type, columns }, i) => `${type} t${i}[${height * columns}];`),
    fill: tiles.map(({ from, counter, rows, columns, column }, i) => {
      const left = `gemm_min(${rows} - ${counter}, ${height})`;
      return `if (${counter} % ${height} == 0) columns_to_rows(t${i}, ${from}, ${left}, ${columns}, ${column});`;
    }),
  };
}
