import { learning, noGradient, tf } from "tfjs-compile";
import { changedConfig, type ModelConfig } from "./config";
import { linearWeight } from "./init";
import { initSwiGlu, linear, oneHot, type SwiGluParams, swiGlu } from "./layers";
import { buildModel, type Model } from "./model";
import { networkOf, residual, type SubLayer } from "./network";
import type { Recursion } from "./recursion";

/** Weights of a mixture of experts. */
export type ExpertsParams = {
  /** Scores the fit of each expert to a cell, [experts, D]. */
  readonly router: tf.Tensor2D;
  readonly experts: readonly SwiGluParams[];
};

/**
 * A mixture of experts as feed-forward layer: `experts` SwiGLUs, of which a router picks `expertsPerToken` for every cell.
 * It adds capacity and, in the paper's hands, costs generalization (section "Ideas that failed").
 *
 * Every expert is computed for every cell, and those not chosen get weight 0: at this size, that is cheaper than sorting cells by expert.
 * @param onRouting gets the router's choice, in every pass through every layer
 * @example
 * const config = { ...paperModel, vocabSize: 6, seqLen: 16, numPuzzleIdentifiers: 1, experts: 4 };
 * const network = networkOf(config, mixtureOfExperts(({ balance }) => balance.print()));
 */
export function mixtureOfExperts(
  onRouting: (routing: Routing, layer: ExpertsParams) => void = () => {},
): SubLayer<ExpertsParams> {
  return {
    init: (config, random) => ({
      router: linearWeight(config.experts, config.hiddenSize, random),
      experts: Array.from({ length: config.experts }, () => initSwiGlu(config.hiddenSize, config, random)),
    }),
    apply: (config) => (params, h) =>
      residual(config, h, (h) => {
        const routing = route(linear(h, params.router), config.expertsPerToken);
        onRouting(routing, params);
        return tf
          .split(routing.gates, config.experts, -1)
          .map((gate, e) => tf.mul(swiGlu(params.experts[e], h), gate))
          .reduce((sum, output) => tf.add(sum, output)) as tf.Tensor3D;
      }),
  };
}

/**
 * A model whose feed-forward layers are mixtures of experts. While it learns, `expertBalance` times the mean of all balances is
 * its output's auxiliary loss.
 * Source: Fedus et al. 2021 (Switch Transformer), section 2.2.
 */
export function modelWithExperts(config: ModelConfig, recursion: Recursion): Model {
  return {
    ...buildModel(config, networkOf(config, mixtureOfExperts()), recursion),
    with: (changes) => modelWithExperts(changedConfig(config, changes), recursion),
    forward(...inputs) {
      const balances: tf.Scalar[] = [];
      const experts = mixtureOfExperts(({ balance }) => {
        if (learning()) balances.push(balance);
      });
      const output = buildModel(config, networkOf(config, experts), recursion).forward(...inputs);
      if (balances.length === 0) return output;
      const balance = tf.mean(tf.stack(balances));
      return { ...output, auxiliaryLoss: tf.mul(config.expertBalance, balance) as tf.Scalar };
    },
  };
}

/** The experts of each cell, and their weights. */
export type Routing = {
  /** The weight of each expert's output, 0 for those not chosen, [B, L, E]. */
  readonly gates: tf.Tensor3D;
  /** E * sum_i f_i P_i: 1 where all experts are used alike, E where one does everything. A scalar. */
  readonly balance: tf.Scalar;
};

/**
 * Sends every cell to its `k` most probable experts. f_i is the share of the choices that fall on expert i, P_i its mean
 * probability; only P_i has a gradient, which pushes the router away from experts that are used a lot.
 * Source: Fedus et al. 2021 (Switch Transformer), section 2.2; with k above 1 the gates sum to 1, as in GShard.
 * @param logits [B, L, E]
 * @example
 * route(tf.tensor3d([[[2, 1, 0]]]), 1).gates.print(); // [[[0.67, 0, 0]]]
 */
export function route(logits: tf.Tensor3D, k: number): Routing {
  const experts = logits.shape[2];
  const probabilities = tf.softmax(logits);
  const chosen = noGradient(() => largest(probabilities, k));
  const picked = tf.mul(probabilities, chosen);
  // With one expert the quotient would always be 1, and the router could not learn.
  const gates = k === 1 ? picked : tf.div(picked, tf.sum(picked, -1, true));
  const f = tf.div(tf.mean(chosen, [0, 1]), k);
  const P = tf.mean(probabilities, [0, 1]);
  return { gates: gates as tf.Tensor3D, balance: tf.mul(tf.sum(tf.mul(f, P)), experts) };
}

/** 1 at the k largest of the last axis, 0 elsewhere; of equal ones the first counts as larger. */
function largest(probabilities: tf.Tensor3D, k: number): tf.Tensor3D {
  const experts = probabilities.shape[2];
  let chosen = tf.zerosLike(probabilities);
  for (let i = 0; i < k; i++) {
    // A probability is at most 1, so that what was chosen before stays below the rest.
    const best = tf.argMax(tf.sub(probabilities, tf.mul(chosen, 2)), -1);
    chosen = tf.add(chosen, oneHot(best, experts));
  }
  return chosen;
}
