import { type TensorTree, tf } from "tfjs-compile";
import { type AttentionParams, attention, initAttention, rotaryTable } from "./attention";
import { contextLength, type ModelConfig } from "./config";
import { type AddLoss, type FeedForward, mixtureOfExperts, oneSwiGlu } from "./experts";
import type { NormalSource } from "./init";
import { initSwiGlu, rmsNorm, type SwiGluParams, swiGlu } from "./layers";

/** A function of the hidden state, [B, L, D] -> [B, L, D]. */
export type Layer = (h: tf.Tensor3D) => tf.Tensor3D;

/**
 * A network that the recursion can use: how its weights begin, and what it computes with them.
 * Pass one of your own to `createModel` to try a new architecture.
 */
export interface Network<P extends TensorTree = TensorTree> {
  init(config: ModelConfig, random: NormalSource): P;
  /** @param addLoss for networks with a loss of their own, such as the balance of a mixture of experts */
  apply(config: ModelConfig, params: P, addLoss: AddLoss): Layer;
}

/** How cells exchange information inside a block: a residual sub-layer over the sequence. */
interface Mixer<P extends TensorTree> {
  init(config: ModelConfig, random: NormalSource): P;
  apply(config: ModelConfig): (params: P, h: tf.Tensor3D) => tf.Tensor3D;
}

/** Weights of one block: a mixer between cells, then a feed-forward layer within each cell. */
export type BlockParams<M extends TensorTree = TensorTree, F extends TensorTree = TensorTree> = {
  readonly mixer: M;
  readonly mlp: F;
};

/**
 * The paper's network: `layers` blocks, each a mixer between cells and a feed-forward layer within each cell.
 * Source: models/recursive_reasoning/trm.py, ...Block and ...ReasoningModule.
 */
function blocksWith<M extends TensorTree, F extends TensorTree>(
  mixer: Mixer<M>,
  feedForward: FeedForward<F>,
): Network<readonly BlockParams<M, F>[]> {
  return {
    init: (config, random) =>
      Array.from({ length: config.layers }, () => ({
        mixer: mixer.init(config, random),
        mlp: feedForward.init(config, random),
      })),
    apply(config, params, addLoss) {
      const mix = mixer.apply(config);
      const feed = feedForward.apply(config, addLoss);
      return (h) => {
        for (const block of params) {
          h = mix(block.mixer, h);
          h = residual(config, h, (h) => feed(block.mlp, h));
        }
        return h;
      };
    },
  };
}

/** Post-norm residual: norm(h + f(h)). */
function residual(config: ModelConfig, h: tf.Tensor3D, f: Layer): tf.Tensor3D {
  return rmsNorm(tf.add(h, f(h)), config.normEpsilon);
}

/** Cells see each other by self-attention: for large contexts (mazes, ARC). */
const attentionMixer: Mixer<AttentionParams> = {
  init: initAttention,
  apply(config) {
    const { hiddenSize, heads, positions, ropeTheta } = config;
    const rotary =
      positions === "rope" ? rotaryTable(contextLength(config), hiddenSize / heads, ropeTheta) : null;
    return (params, h) => residual(config, h, (h) => attention(config, params, h, rotary));
  },
};

/** Cells mix through a SwiGLU along the sequence (and its norm): for small fixed grids (Sudoku). */
const mlpMixer: Mixer<SwiGluParams> = {
  init: (config, random) => initSwiGlu(contextLength(config), config, random),
  apply: (config) => (params, h) =>
    swapLengthAndWidth(residual(config, swapLengthAndWidth(h), (h) => swiGlu(params, h))),
};

/**
 * The network that a configuration describes: its mixer between cells, its feed-forward layer within them.
 * @param feedForward one of your own in the place of the configuration's
 */
export function networkOf<F extends TensorTree>(config: ModelConfig, feedForward?: FeedForward<F>): Network {
  const blocks = <F extends TensorTree>(feedForward: FeedForward<F>): Network =>
    config.mixer === "mlp" ? blocksWith(mlpMixer, feedForward) : blocksWith(attentionMixer, feedForward);
  if (feedForward) return blocks(feedForward);
  return config.experts > 1 ? blocks(mixtureOfExperts) : blocks(oneSwiGlu);
}

/** [B, L, D] <-> [B, D, L]. */
function swapLengthAndWidth(h: tf.Tensor3D): tf.Tensor3D {
  return tf.transpose(h, [0, 2, 1]);
}
