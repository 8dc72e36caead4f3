import type { Mind } from "./probe";

/** The way of one latent of one puzzle through its supervision steps. */
export interface LatentPath {
  /** Relative size of each step's movement, from the second on: 0 at a fixed point of the supervision step. */
  readonly movement: readonly number[];
  /** Relative distance of each state to the last one. */
  readonly toEnd: readonly number[];
  /** Each state on the first two principal components of the path. */
  readonly points: readonly (readonly [number, number])[];
  /** Share of the path's variance that the two components hold. */
  readonly explained: number;
}

/**
 * The path of a latent for every puzzle of a batch.
 * @param minds what `readMinds` read of the batch
 * @param latent its name
 * @param count puzzles of the batch
 * @throws RangeError when there is no such latent
 */
export function latentPaths(minds: readonly Mind[], latent: string, count: number): LatentPath[] {
  const all = minds.map(({ latents }) => latents[latent]);
  if (all.some((values) => values === undefined)) {
    throw new RangeError(
      `there is no latent "${latent}"; there are ${Object.keys(minds[0].latents).join(", ")}`,
    );
  }
  const size = all[0].length / count;
  return Array.from({ length: count }, (_, i) =>
    pathOf(all.map((values) => values.subarray(i * size, (i + 1) * size))),
  );
}

function pathOf(states: readonly Float32Array[]): LatentPath {
  const last = states[states.length - 1];
  const norm = Math.sqrt(dot(last, last));
  const distance = (a: Float32Array, b: Float32Array): number =>
    Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0)) / norm;
  const { points, explained } = principalComponents(states, 2);
  return {
    movement: states.slice(1).map((state, i) => distance(state, states[i])),
    toEnd: states.map((state) => distance(state, last)),
    points: points.map(([a, b]) => [a / norm, b / norm] as const),
    explained,
  };
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i], 0);

/** Rounds of the power iteration: far more than its convergence needs on a path. */
const ITERATIONS = 300;

/**
 * Projects a few long vectors onto their first principal components, through the small matrix of their products.
 * @returns for each vector its coordinates, largest component first, and the share of the variance that they hold
 * @example
 * const line = [0, 1, 2].map((x) => Float32Array.of(x, x, 0));
 * principalComponents(line, 2).explained; // 1
 */
export function principalComponents(
  vectors: readonly Float32Array[],
  components: number,
): { readonly points: number[][]; readonly explained: number } {
  const count = vectors.length;
  const products = vectors.map((a) => vectors.map((b) => dot(a, b)));
  const rowMeans = products.map((row) => row.reduce((sum, x) => sum + x, 0) / count);
  const mean = rowMeans.reduce((sum, x) => sum + x, 0) / count;
  const gram = products.map((row, i) => row.map((x, j) => x - rowMeans[i] - rowMeans[j] + mean));
  const total = gram.reduce((sum, row, i) => sum + row[i], 0);
  const points = vectors.map((): number[] => []);
  let held = 0;
  for (let component = 0; component < components; component++) {
    let v = gram.map((_, i) => Math.sin(i + 1 + component));
    let value = 0;
    for (let i = 0; i < ITERATIONS; i++) {
      const next = gram.map((row) => row.reduce((sum, x, j) => sum + x * v[j], 0));
      value = Math.sqrt(next.reduce((sum, x) => sum + x * x, 0));
      if (!(value > 1e-9 * total)) break;
      v = next.map((x) => x / value);
    }
    const scale = value > 1e-9 * total ? Math.sqrt(value) : 0;
    held += scale * scale;
    for (const [i, x] of v.entries()) points[i].push(x * scale);
    for (const [i, row] of gram.entries()) for (const j of row.keys()) row[j] -= scale * scale * v[i] * v[j];
  }
  return { points, explained: total > 0 ? held / total : 1 };
}
