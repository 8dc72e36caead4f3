import { type TensorTree, tf, zipTrees } from "tfjs-compile";

/**
 * Exponential moving average of the weights: shadow <- rate * shadow + (1 - rate) * weights.
 * Evaluations use the averaged weights, unless they are asked for the live ones. Source: the paper's section 4.7; models/ema.py.
 * @example
 * updateEma({ w: tf.scalar(0) }, { w: tf.scalar(1) }, 0.9).w.print(); // 0.1
 */
export function updateEma<P extends TensorTree>(shadow: P, weights: P, rate: number | tf.Scalar): P {
  const rest = typeof rate === "number" ? 1 - rate : tf.sub(1, rate);
  return zipTrees((average, w) => tf.add(tf.mul(average, rate), tf.mul(w, rest)), shadow, weights);
}
