/** How loops count rows and cut them into vectors. */
import { type Layout, loops, reshaped } from "../plan/memory";

/** Dimensions without those of size 1 at the end, which are not columns. */
function withColumns({ shape, strides }: Layout): Layout {
  let rank = shape.length;
  while (rank > 1 && shape[rank - 1] === 1) rank--;
  return { shape: shape.slice(0, rank), strides: strides.slice(0, rank) };
}

export const lastStride = (layout: Layout): number => withColumns(layout).strides.at(-1)!;

/** The dimensions that count rows. */
export function outsideColumns(layout: Layout): Layout {
  const { shape, strides } = withColumns(layout);
  return { shape: shape.slice(0, -1), strides: strides.slice(0, -1) };
}

/** The place of row `r`, counted through the dimensions in order. */
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

/** C of a number of strides; nothing where that is no step. */
export const times = (count: string, stride: number): string =>
  stride === 0 ? "" : stride === 1 ? count : `(${count}) * ${stride}`;

export const sumOf = (terms: readonly string[]): string =>
  terms.filter((term) => term !== "").join(" + ") || "0";

/** Loops into which those of every layout can be split; undefined where there are none. */
export function commonExtents(layouts: readonly Layout[], rows: number): number[] | undefined {
  /** How many rows one turn of a loop passes. */
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

/** Some columns of a row, from the first to the one behind the last. */
export interface Piece {
  readonly first: string;
  readonly end: string;
  /** Whether the compiler is told to make vectors of it. */
  readonly simd: boolean;
}

/**
 * A row as vectors and what remains, which would else be done one by one. Left to itself, the compiler makes one vector of four
 * columns; told to, it makes two of those that come from bfloat16, and what then reads all four has to wait for memory.
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
