/** The C text of row indices, and the division of a row into vectors. */
import { type Layout, loops, reshaped } from "../plan/memory";

/** A layout without trailing dimensions of size 1, so that the last dimension is the columns. */
function withColumns({ shape, strides }: Layout): Layout {
  let rank = shape.length;
  while (rank > 1 && shape[rank - 1] === 1) rank--;
  return { shape: shape.slice(0, rank), strides: strides.slice(0, rank) };
}

export const lastStride = (layout: Layout): number => withColumns(layout).strides.at(-1)!;

/** The row dimensions of a layout. */
export function outsideColumns(layout: Layout): Layout {
  const { shape, strides } = withColumns(layout);
  return { shape: shape.slice(0, -1), strides: strides.slice(0, -1) };
}

/** The index of row `r`, from the dimensions in order. */
export function rowIndex(shape: readonly number[], strides: readonly number[], r = "r"): string {
  const merged = loops(shape, strides);
  let inner = merged.reduce((product, { extent }) => product * extent, 1);
  const terms = merged.map(({ extent, stride }, i) => {
    inner /= extent;
    const above = inner === 1 ? r : `${r} / ${inner}`;
    return times(i === 0 ? above : `(${above}) % ${extent}`, stride);
  });
  return sumOf(terms);
}

/** The C text of a number of strides; empty for stride 0. */
export const times = (count: string, stride: number): string =>
  stride === 0 ? "" : stride === 1 ? count : `(${count}) * ${stride}`;

export const sumOf = (terms: readonly string[]): string =>
  terms.filter((term) => term !== "").join(" + ") || "0";

/** Extents of nested loops that split the loops of every layout; undefined if there are none. */
export function commonExtents(layouts: readonly Layout[], rows: number): number[] | undefined {
  /** Rows per iteration of each loop. */
  const steps = new Set<number>();
  for (const { shape, strides } of layouts) {
    let step = 1;
    for (const { extent } of loops(shape, strides).reverse()) {
      steps.add(step);
      step *= extent;
    }
  }
  const sorted = [...steps].sort((one, other) => other - one);
  const extents = sorted.map((step, i) => (sorted[i - 1] ?? rows) / step);
  const fits = extents.every(Number.isInteger) && layouts.every((layout) => reshaped(layout, extents));
  return fits ? extents : undefined;
}

/** A range of columns of a row. */
export interface Piece {
  readonly first: string;
  readonly end: string;
  /** True if the compiler is told to vectorize it. */
  readonly simd: boolean;
}

/**
 * Divides a row into whole vectors and single columns. A remainder of four columns is left to the compiler, which makes one vector
 * of it. If told to vectorize, it would make two vectors of columns that come from bfloat16, and a read of all four would stall.
 */
export function piecesOf(columns: number): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const lanes of [16, 8, 4, 1]) {
    const to = columns - ((columns - from) % lanes);
    if (to > from) pieces.push({ first: String(from), end: String(to), simd: lanes > 4 });
    from = to;
  }
  return pieces;
}
