/** The counters of a loop over rows, and the indices of elements as C made of them. */
import { type Layout, loops, reshaped, type View } from "../plan/memory";
import { isFlat, type Level, type Loop } from "../schedule/fuse";
import type { LoopPasses } from "./loop-passes";
import { commonExtents, lastStride, outsideColumns, rowIndex, sumOf, times } from "./rows";

export class LoopIndex {
  /** Whether one loop over all elements does. */
  readonly flat: boolean;
  /** Of the nested loops that count rows; undefined where a single one does, by whose counter indices are computed with divisions. */
  readonly extents: readonly number[] | undefined;

  /** @param rows how many, or undefined where the function is told a range of them */
  constructor(
    private readonly loop: Loop,
    passes: LoopPasses,
    private readonly rows: number | undefined,
  ) {
    this.flat = isFlat(loop);
    if (rows === undefined || this.flat) return;
    const layouts = loop.ops.flatMap((op) => [
      this.outside(op.to, passes.resultLevel(op)),
      ...op.args.flatMap((arg) => (arg.kind === "view" ? [this.outside(arg.view, passes.level(op))] : [])),
    ]);
    const extents = commonExtents(layouts, loop.rows);
    // A block is a part of the outermost loop.
    if (Number.isInteger(((extents?.[0] ?? 1) * rows) / loop.rows)) this.extents = extents;
  }

  /** The heads of the loops that count rows: as many as make the index of each row a sum of products, where that is possible. */
  counters(): string[] {
    if (this.flat) return [];
    if (this.rows === undefined) return ["for (long r = from; r < to; r++) {"];
    if (this.extents === undefined) return [`for (long r = 0; r < ${this.rows}; r++) {`];
    return this.extents.map((_, i) => `for (long r${i} = 0; r${i} < ${this.iterations(i)}; r${i}++) {`);
  }

  /** Iterations of the i-th loop that counts rows; a block is a part of the outermost. */
  iterations(i: number): number {
    const extent = this.extents![i]!;
    return i === 0 ? (extent * this.rows!) / this.loop.rows : extent;
  }

  /** The range of a flat loop: its first element and the end. */
  range(): [first: string, end: string] {
    return this.rows === undefined ? ["from", "to"] : ["0", String(this.rows * this.loop.columns)];
  }

  /** The dimensions of a view that count rows. */
  outside(view: View, level: Level): Layout {
    return level === "row" || this.loop.columns === 1 ? view : outsideColumns(view);
  }

  /** The index of the current row's first element. */
  rowStart(view: View, level: Level): string {
    const layout = this.outside(view, level);
    if (this.extents === undefined) return rowIndex(layout.shape, layout.strides);
    const { strides } = reshaped(layout, this.extents)!;
    return sumOf(strides.map((stride, i) => times(`r${i}`, stride)));
  }

  /** The index of the current row's element in column `c`. */
  element(view: View, level: Level): string {
    // Strides of axes of size 1 say nothing.
    if (this.flat) return loops(view.shape, view.strides).every(({ stride }) => stride === 0) ? "0" : "c";
    const row = this.rowStart(view, level);
    if (level === "row" || this.loop.columns === 1) return row;
    return sumOf([row === "0" ? "" : row, times("c", lastStride(view))]);
  }
}
