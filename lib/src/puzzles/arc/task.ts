import type { Raster } from "../dihedral";

/** Largest number of rows or columns of a grid. */
export const ARC_MAX_SIDE = 30;

/** An input grid and what a task makes of it, without any cells where that is unknown. Cells are colours 0 (black) to 9. */
export interface ArcPair {
  readonly input: Raster;
  readonly output: Raster;
}

/** An ARC task: pairs that show a rule, and pairs to apply it to. */
export interface ArcTask {
  /** The name under which the task was published, such as `007bbfb7`. */
  readonly id: string;
  readonly train: readonly ArcPair[];
  readonly test: readonly ArcPair[];
}

/** A grid from rows of numbers, as JSON has it. */
export function arcRaster(rows: readonly (readonly number[])[]): Raster {
  return { rows: rows.length, columns: rows[0]?.length ?? 0, cells: Uint8Array.from(rows.flat()) };
}

/** Rows of numbers, as JSON has them. */
export function arcRows({ rows, columns, cells }: Raster): number[][] {
  return Array.from({ length: rows }, (_, row) => [...cells.subarray(row * columns, (row + 1) * columns)]);
}
