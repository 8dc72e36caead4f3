import { tf } from "tfjs-compile";
import type { Latents } from "trm/model";
import { createRandom, type Random } from "trm/random";

/** Latents before a supervision step, counted from 0, to latents: see `ThinkOptions` of `trm/trainer`. */
export type Perturb = (latents: Latents, step: number) => Latents;

/** Normal numbers that all noise is taken from. Source: Salimans et al. 2017, "Evolution Strategies as a Scalable Alternative", section 2.1. */
const TABLE_SIZE = 1 << 19;

/** The noise of a row of the batch; null for a row that stays undisturbed. */
export type RowRandom = Random | null;

/** Noise for the latents of a batch. */
export interface NoiseOptions {
  readonly seed: number | string;
  /** A stream for every row, so that a row's noise does not depend on the rows beside it. */
  readonly rows: readonly RowRandom[];
  /** Standard deviation of the noise; the norms keep the latents' own near 1. */
  readonly noise: number;
  /** Latents that get noise. */
  readonly latents: readonly string[];
  /** Begin at normal latents of deviation 1 in every cell, instead of the model's initial ones. @default false */
  readonly randomStarts?: boolean;
}

/**
 * Adds seeded normal noise to latents before each supervision step.
 * Source: "PTRM", arXiv 2605.19943, which adds noise to y and chooses by the halting head.
 * @example
 * const rows = [createRandom(1).fork("first puzzle"), null]; // the second row stays as it is
 * const perturb = latentNoise({ seed: 1, rows, noise: 0.2, latents: ["y"] });
 */
export function latentNoise({ seed, rows, noise, latents, randomStarts = false }: NoiseOptions): Perturb {
  let table: Float32Array | undefined;
  const draw = (shape: readonly number[], deviation: number): tf.Tensor3D => {
    const [count, cells, size] = shape;
    const numbers = cells * size;
    table ??= normalTable(seed, Math.max(TABLE_SIZE, 2 * numbers));
    const values = new Float32Array(count * numbers);
    for (const [row, random] of rows.entries()) {
      if (random === null) continue;
      const from = random.int(0, table.length - numbers);
      for (let i = 0; i < numbers; i++) values[row * numbers + i] = deviation * table[from + i];
    }
    return tf.tensor3d(values, [count, cells, size]);
  };
  return (now, step) =>
    Object.fromEntries(
      Object.entries(now).map(([name, latent]) => {
        let changed = latent;
        if (randomStarts && step === 0) {
          const start = rows.map((random) => Number(random !== null));
          changed = tf.where(tf.tensor3d(start, [rows.length, 1, 1], "bool"), draw(latent.shape, 1), latent);
        }
        if (noise > 0 && latents.includes(name)) changed = tf.add(changed, draw(latent.shape, noise));
        return [name, changed];
      }),
    );
}

let lastTable: { readonly seed: number | string; readonly values: Float32Array } | undefined;

/** The table of a seed, which all batches of a dataset share. */
function normalTable(seed: number | string, length: number): Float32Array {
  if (lastTable?.seed !== seed || lastTable.values.length !== length) {
    const random = createRandom(seed).fork("noise");
    lastTable = { seed, values: Float32Array.from({ length }, () => random.normal()) };
  }
  return lastTable.values;
}

/**
 * Spoils latents once, before one supervision step: by noise of their own size, or by the latents of the next puzzle in the batch.
 * @param step counted from 0
 * @example
 * const perturb = spoilLatents({ step: 4, latents: ["z"], by: "noise", seed: 1 });
 */
export function spoilLatents(options: {
  readonly step: number;
  readonly latents: readonly string[];
  readonly by: "noise" | "another puzzle";
  readonly seed?: number | string;
}): Perturb {
  const random = createRandom(options.seed ?? 0).fork("spoil");
  const spoil = (latent: tf.Tensor3D): tf.Tensor3D => {
    if (options.by === "noise") {
      return tf.tensor3d(
        Float32Array.from({ length: latent.size }, () => random.normal()),
        latent.shape,
      );
    }
    const [count, ...rest] = latent.shape;
    const from = (row: number, rows: number) => tf.slice(latent, [row, 0, 0], [rows, ...rest]);
    return tf.concat([from(1, count - 1), from(0, 1)]);
  };
  return (now, step) =>
    step !== options.step
      ? now
      : Object.fromEntries(
          Object.entries(now).map(([name, latent]) => [
            name,
            options.latents.includes(name) ? spoil(latent) : latent,
          ]),
        );
}
