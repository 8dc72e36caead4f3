import { mapTree, type TensorTree, tf, zipTrees } from "tfjs-compile";
import type { TrainingConfig } from "./config";

/** Settings of AdamATan2, constant over a run. */
export type AdamATan2Config = Pick<TrainingConfig, "beta1" | "beta2" | "weightDecay">;

/** Running means, each in the shape of the weights. */
export type AdamState<P extends TensorTree> = { readonly m: P; readonly v: P };

/** Values that change with the step t = 1, 2, …: scalars, so that the compiled step stays the same. */
export type AdamRates = {
  readonly learningRate: tf.Scalar;
  /** 1 - beta1^t */
  readonly correction1: tf.Scalar;
  /** sqrt(1 - beta2^t) */
  readonly correction2: tf.Scalar;
};

/** The state before the first step: zeros. */
export function initAdam<P extends TensorTree>(weights: P): AdamState<P> {
  return { m: mapTree(weights, (w) => tf.zerosLike(w)), v: mapTree(weights, (w) => tf.zerosLike(w)) };
}

/**
 * One AdamATan2 step: Adam without an epsilon, since atan2(m, sqrt(v)) is bounded where m / sqrt(v) is not.
 *
 *     m <- b1 m + (1 - b1) g        v <- b2 v + (1 - b2) g^2
 *     p <- p (1 - lr wd) - lr / (1 - b1^t) * atan2(m, sqrt(v) / sqrt(1 - b2^t))
 *
 * The first bias correction stands outside of atan2. Source: the PyPI package adam-atan2, as the official code uses it.
 * @example
 * const weights = { w: tf.tensor1d([1, 2]) };
 * const grads = { w: tf.tensor1d([1, -1]) };
 * const rates = { learningRate: tf.scalar(0.1), correction1: tf.scalar(0.1), correction2: tf.scalar(0.224) };
 * const config = { beta1: 0.9, beta2: 0.95, weightDecay: 0 };
 * adamATan2(config, weights, grads, initAdam(weights), rates).weights.w.print(); // [0.9, 2.1]
 */
export function adamATan2<P extends TensorTree>(
  config: AdamATan2Config,
  weights: P,
  grads: P,
  state: AdamState<P>,
  rates: AdamRates,
): { weights: P; state: AdamState<P> } {
  const { beta1, beta2, weightDecay } = config;
  const m = zipTrees((m, g) => tf.add(tf.mul(m, beta1), tf.mul(g, 1 - beta1)), state.m, grads);
  const v = zipTrees((v, g) => tf.add(tf.mul(v, beta2), tf.mul(tf.square(g), 1 - beta2)), state.v, grads);
  const shrink = tf.sub(1, tf.mul(rates.learningRate, weightDecay));
  const stepSize = tf.div(rates.learningRate, rates.correction1);
  const next = zipTrees(
    (p, m, v) => {
      const direction = tf.atan2(m, tf.div(tf.sqrt(v), rates.correction2));
      return tf.sub(tf.mul(p, shrink), tf.mul(stepSize, direction));
    },
    weights,
    m,
    v,
  );
  return { weights: next, state: { m, v } };
}
