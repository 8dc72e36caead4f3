import { tf, zipTrees } from "tfjs-compile";
import type { Weights } from "../model/model";
import { type AdamATan2Config, type AdamRates, type AdamState, adamATan2 } from "./adam-atan2";

/** Coefficients of the quintic that brings singular values near 1 in five rounds. Source: Keller Jordan, "Muon". */
const [a, b, c] = [3.4445, -4.775, 2.0315];

/** A matrix [R, C] with the singular vectors of `m` and singular values between about 0.7 and 1.2: Newton-Schulz. */
function orthogonalize(m: tf.Tensor2D): tf.Tensor2D {
  const isTall = m.shape[0] > m.shape[1];
  let x = tf.div<tf.Tensor2D>(m, tf.add(tf.sqrt(tf.sum(tf.square(m))), 1e-7));
  for (let round = 0; round < 5; round++) {
    // The smaller of the two Gram matrices.
    const gram = tf.matMul(x, x, isTall, !isTall);
    const factor = tf.add<tf.Tensor2D>(tf.mul(gram, b), tf.mul(tf.matMul(gram, gram), c));
    x = tf.add(tf.mul(x, a), isTall ? tf.matMul(x, factor) : tf.matMul(factor, x));
  }
  return x;
}

/**
 * One step of Muon: the matrices of the networks move along their orthogonalized mean gradient, all other weights by AdamATan2.
 *
 *     m <- b1 m + (1 - b1) g        p <- p (1 - lr wd) - lr 0.2 sqrt(max(R, C)) orthogonalize(m)
 *
 * The factor 0.2 sqrt(max(R, C)) makes steps as long as Adam's, so that both take the same learning rate and decay.
 * Source: Keller Jordan, "Muon: An optimizer for hidden layers"; the factor is that of "Muon is Scalable for LLM Training" (arXiv 2502.16982).
 * @example
 * const size = { hiddenSize: 32, widthMultiple: 32, n: 1, T: 1, puzzleEmbSize: 0, puzzleEmbLen: 0 };
 * const model = createModel({ ...paperModel, ...size, vocabSize: 6, seqLen: 16, numPuzzleIdentifiers: 1 });
 * const { weights } = model.init(createRandom(0));
 * const next = muon(paperTraining, weights, weights, initAdam(weights), stepRates(paperTraining, 1, Int32Array.of(0)));
 */
export function muon(
  config: AdamATan2Config,
  weights: Weights,
  grads: Weights,
  state: AdamState<Weights>,
  rates: AdamRates,
): { weights: Weights; state: AdamState<Weights> } {
  const adam = adamATan2(config, weights, grads, state, rates);
  const shrink = tf.sub(1, tf.mul(rates.learningRate, config.weightDecay));
  const networks = zipTrees(
    (p, m, byAdam) => {
      if (m.rank !== 2) return byAdam;
      const length = tf.mul(rates.learningRate, 0.2 * Math.sqrt(Math.max(...m.shape)));
      return tf.sub(tf.mul(p, shrink), tf.mul(orthogonalize(m as tf.Tensor2D), length));
    },
    weights.networks,
    adam.state.m.networks,
    adam.weights.networks,
  );
  return { weights: { ...adam.weights, networks }, state: adam.state };
}
