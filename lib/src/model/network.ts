import { type TensorTree, tf } from "../engine";
import { type AttentionParams, attention, initAttention, rotaryTable } from "./attention";
import { contextLength, type ModelConfig } from "./config";
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
  apply(config: ModelConfig, params: P): Layer;
}

/** How cells exchange information inside a block: a residual sub-layer over the sequence. */
interface Mixer<P extends TensorTree> {
  init(config: ModelConfig, random: NormalSource): P;
  apply(config: ModelConfig): (params: P, h: tf.Tensor3D) => tf.Tensor3D;
}

/** Weights of one block: a mixer between cells, then a feed-forward layer within each cell. */
export type BlockParams<P extends TensorTree = TensorTree> = {
  readonly mixer: P;
  readonly mlp: SwiGluParams;
};

/**
 * The paper's network: `layers` blocks, each a mixer between cells and a SwiGLU within each cell.
 * Source: models/recursive_reasoning/trm.py, ...Block and ...ReasoningModule.
 */
function blocksWith<P extends TensorTree>(mixer: Mixer<P>): Network<readonly BlockParams<P>[]> {
  return {
    init: (config, random) =>
      Array.from({ length: config.layers }, () => ({
        mixer: mixer.init(config, random),
        mlp: initSwiGlu(config.hiddenSize, config, random),
      })),
    apply(config, params) {
      const mix = mixer.apply(config);
      return (h) => {
        for (const block of params) {
          h = mix(block.mixer, h);
          h = residual(config, h, (h) => swiGlu(block.mlp, h));
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

/** Blocks whose cells see each other by self-attention: for large contexts (mazes, ARC). */
export const attentionBlocks = blocksWith<AttentionParams>({
  init: initAttention,
  apply(config) {
    const { hiddenSize, heads, positions, ropeTheta } = config;
    const rotary =
      positions === "rope" ? rotaryTable(contextLength(config), hiddenSize / heads, ropeTheta) : null;
    return (params, h) => residual(config, h, (h) => attention(config, params, h, rotary));
  },
});

/** Blocks whose cells mix through a SwiGLU along the sequence (and its norm): for small fixed grids (Sudoku). */
export const mlpBlocks = blocksWith<SwiGluParams>({
  init: (config, random) => initSwiGlu(contextLength(config), config, random),
  apply: (config) => (params, h) =>
    swapLengthAndWidth(residual(config, swapLengthAndWidth(h), (h) => swiGlu(params, h))),
});

/** [B, L, D] <-> [B, D, L]. */
function swapLengthAndWidth(h: tf.Tensor3D): tf.Tensor3D {
  return tf.transpose(h, [0, 2, 1]);
}
