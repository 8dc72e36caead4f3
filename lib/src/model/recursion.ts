import { noGradient, tf } from "tfjs-compile";
import type { Layer } from "./network";

/** The hidden states that a puzzle keeps while it is thought about, each [B, L, D]: y and z in the paper's model. */
export type Latents = { readonly [name: string]: tf.Tensor3D };

/** A network as the recursion calls it: the sum of its inputs goes in, a refined state comes out. */
export type Net = (...inputs: tf.Tensor3D[]) => tf.Tensor3D;

/** The network that updates z and the one that updates y: the same one, unless the model has two. */
export interface Nets {
  readonly z: Net;
  readonly y: Net;
}

/** One latent recursion: n updates of the reasoning, then one of the answer. */
export type LatentRecursion = (net: Nets, x: tf.Tensor3D, latents: Latents, n: number) => Latents;

/**
 * The paper's latent recursion: improve the reasoning z n times given question, answer and reasoning, then the
 * answer y given answer and reasoning alone. That x is absent from the last call tells the one network which it is.
 * Source: the paper's Figure 3; models/recursive_reasoning/trm.py (z_L is z, z_H is y).
 */
export function latentRecursion(net: Nets, x: tf.Tensor3D, latents: Latents, n: number): Latents {
  let { y, z } = latents;
  for (let i = 0; i < n; i++) {
    z = net.z(x, y, z); // latent reasoning
  }
  y = net.y(y, z); // refine the output answer
  return { y, z };
}

/**
 * The paper's deep recursion: T - 1 latent recursions that only improve the latents, then one that learns too.
 * @param recurse what one latent recursion is, {@link latentRecursion} unless an ablation replaces it
 */
export function deepRecursion(
  recurse: LatentRecursion,
  net: Nets,
  x: tf.Tensor3D,
  latents: Latents,
  n: number,
  T: number,
): Latents {
  // recursing T-1 times to improve y and z (no gradients needed)
  latents = noGradient(() => {
    for (let j = 0; j < T - 1; j++) {
      latents = recurse(net, x, latents, n);
    }
    return latents;
  });
  // recursing once to improve y and z
  return recurse(net, x, latents, n);
}

/** Makes a network out of a layer: inputs are added before they enter it. */
export function asNet(layer: Layer): Net {
  return (...inputs) => layer(inputs.reduce((sum, input) => tf.add(sum, input)));
}
