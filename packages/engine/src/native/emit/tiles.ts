/** Tiles: copies of a few rows of a view with contiguous columns, for instance a transposed one, in which the rows are contiguous. */
import { bytesOf, type NativeType } from "../plan/memory";

/** The layout of the rows of a loop in a view; strides in elements. */
interface RowsAndColumns {
  readonly rows: number;
  readonly columns: number;
  /** Strides from row to row and from column to column. */
  readonly row: number;
  readonly column: number;
}

/** A copy of some rows. */
export interface Tile extends RowsAndColumns {
  /** The C text of the address of the current row. */
  readonly from: string;
  /** The variable that counts the rows. */
  readonly counter: string;
  readonly type: string;
}

/** Rows in a tile: as many elements as a cache line has. */
const height = 16;
/** The most columns in a tile, so that it fits into the L1 cache, which has 32 KB or more. */
const maxColumns = 512;

/** True if each element of a row would be read from another cache line, which the copy avoids with vector instructions. */
export const needsTile = ({ rows, columns, row, column }: RowsAndColumns, dtype: NativeType): boolean =>
  row === 1 && column > 1 && rows >= 4 && columns >= 4 && columns <= maxColumns && bytesOf[dtype] === 4;

/** The C text of element `c` of the current row in a tile. A new tile is added to the list. */
export function useTile(tiles: Tile[], tile: Tile): string {
  let index = tiles.findIndex(({ from, column }) => from === tile.from && column === tile.column);
  if (index < 0) index = tiles.push(tile) - 1;
  return `t${index}[${tile.counter} % ${height} * ${tile.columns} + c]`;
}

/** The C text that declares the tiles, and that fills them at the first of their rows. */
export function tileCode(tiles: readonly Tile[]): { declarations: string[]; fill: string[] } {
  return {
    declarations: tiles.map(({ type, columns }, i) => `${type} t${i}[${height * columns}];`),
    fill: tiles.map(({ from, counter, rows, columns, column }, i) => {
      const left = `gemm_min(${rows} - ${counter}, ${height})`;
      return `if (${counter} % ${height} == 0) columns_to_rows(t${i}, ${from}, ${left}, ${columns}, ${column});`;
    }),
  };
}
