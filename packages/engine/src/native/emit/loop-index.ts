/** The counters of a loop over rows, and the C text of indices into views. */
import { type Layout, loops, reshaped, type View } from "../plan/memory";
import { isFlat, type Level, type Loop } from "../schedule/fuse";
import type { LoopPasses } from "./loop-passes";
import { commonExtents, lastStride, outsideColumns, rowIndex, sumOf, times } from "./rows";

export class LoopIndex {
  /** True if a single loop over all elements is enough. */
  readonly flat: boolean;
  /** Extents of the nested loops over rows; undefined if a single loop counts rows, so that indices need divisions. */
  readonly extents: readonly number[] | undefined;

  /** @param rows number of rows; undefined if the function gets a range of them */
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
    // A block is a fraction of the outermost loop.
    if (Number.isInteger(((extents?.[0] ?? 1) * rows) / loop.rows)) this.extents = extents;
  }

  /** The headers of the loops over rows. Nested loops make each index a sum of products, without divisions. */
  counters(): string[] {
    if (this.flat) return [];
    if (this.rows === undefined) return ["for (long r = from; r < to; r++) {"];
    if (this.extents === undefined) return [`for (long r = 0; r < ${this.rows}; r++) {`];
    return this.extents.map((_, i) => `for (long r${i} = 0; r${i} < ${this.iterations(i)}; r${i}++) {`);
  }

  /** Iterations of the i-th loop over rows. A block is a fraction of the outermost one. */
  iterations(i: number): number {
    const extent = this.extents![i]!;
    return i === 0 ? (extent * this.rows!) / this.loop.rows : extent;
  }

  /** The range of a flat loop: the first element and the end. */
  range(): [first: string, end: string] {
    return this.rows === undefined ? ["from", "to"] : ["0", String(this.rows * this.loop.columns)];
  }

  /** The row dimensions of a view. */
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
    // The stride of an axis of size 1 has no meaning.
    if (this.flat) return loops(view.shape, view.strides).every(({ stride }) => stride === 0) ? "0" : "c";
    const row = this.rowStart(view, level);
    if (level === "row" || this.loop.columns === 1) return row;
    return sumOf([row === "0" ? "" : row, times("c", lastStride(view))]);
  }
}
