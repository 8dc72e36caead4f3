import { noGradient, type tf } from "tfjs-compile";
import type { Net } from "./network";

/** The hidden states of a batch of puzzles, [B, L, D] each: y and z in the paper's model. */
export type Latents<Name extends string = string> = { readonly [name in Name]: tf.Tensor3D };

/** A recursion as a component: its latents, the one that is the answer, and one latent recursion. */
export interface Recursion<Name extends string = string> {
  /** Names of its latents, given n. */
  latents(n: number): readonly Name[];
  /** The latent that the output heads read. */
  readonly answer: Name;
  /**
   * One latent recursion: n updates of the reasoning, then one of the answer.
   * @param x the question, [B, L, D]
   */
  recurse(net: Net, x: tf.Tensor3D, latents: Latents<Name>, n: number): Latents<Name>;
}

/**
 * The paper's latent recursion: improve the reasoning z n times given question, answer and reasoning, then the
 * answer y given answer and reasoning alone. The last call lacks x, which tells the one network its task.
 * Source: the paper's Figure 3; models/recursive_reasoning/trm.py (z_L is z, z_H is y).
 * @example
 * const sum = (...inputs: tf.Tensor3D[]): tf.Tensor3D => tf.addN(inputs);
 * const one = tf.ones<tf.Rank.R3>([1, 1, 1]);
 * const { y, z } = latentRecursion({ z: sum, y: sum }, one, { y: one, z: one }, 2); // z is 3, then 5; y is 6
 */
export function latentRecursion(
  net: Net,
  x: tf.Tensor3D,
  latents: Latents<"y" | "z">,
  n: number,
): Latents<"y" | "z"> {
  let { y, z } = latents;
  for (let i = 0; i < n; i++) {
    z = net.z(x, y, z); // latent reasoning
  }
  y = net.y(y, z); // refine the output answer
  return { y, z };
}

/** The paper's recursion: answer y and reasoning z, gradients through the whole of the last latent recursion. */
export const full: Recursion<"y" | "z"> = {
  latents: () => ["y", "z"],
  answer: "y",
  recurse: latentRecursion,
};

/** Options of {@link deepRecursion}: its depth and its latent recursion. */
export interface DeepRecursionOptions<Name extends string> {
  /** {@link full}, unless an ablation replaces it. */
  readonly recursion: Recursion<Name>;
  /** Updates of the reasoning in a latent recursion. */
  readonly n: number;
  /** Latent recursions. */
  readonly T: number;
  /** Those of them, counted from the last, that have a gradient. @default 1 */
  readonly gradientRecursions?: number;
}

/**
 * The paper's deep recursion: T - 1 latent recursions that only improve the latents, then one that has a gradient;
 * `gradientRecursions` gives a gradient to more of them.
 * The figure detaches y and z at its end. Here they are arguments of the next supervision step, which is not differentiated by
 * them. This has the same effect; see `lossAndGrads`.
 * Source: the paper's Figure 3.
 * @example
 * const sum = (...inputs: tf.Tensor3D[]): tf.Tensor3D => tf.addN(inputs);
 * const one = tf.ones<tf.Rank.R3>([1, 1, 1]);
 * const latents = { y: one, z: one };
 * deepRecursion({ z: sum, y: sum }, one, latents, { recursion: full, n: 2, T: 2 }).y.print(); // 6, then 25
 */
export function deepRecursion<Name extends string>(
  net: Net,
  x: tf.Tensor3D,
  latents: Latents<Name>,
  { recursion, n, T, gradientRecursions = 1 }: DeepRecursionOptions<Name>,
): Latents<Name> {
  const recurse = (current: Latents<Name>, times: number) => {
    for (let j = 0; j < times; j++) current = recursion.recurse(net, x, current, n);
    return current;
  };
  // recursing T-1 times to improve y and z (no gradients needed)
  const improved = noGradient(() => recurse(latents, T - gradientRecursions));
  // recursing once to improve y and z
  return recurse(improved, gradientRecursions);
}
