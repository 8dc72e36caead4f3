import { type TensorTree, tf } from "tfjs-compile";
import {
  type AttentionParams,
  attention,
  gridRotaryTable,
  initAttention,
  type RotaryTable,
  rotaryTable,
} from "./attention";
import { contextLength, type ModelConfig, puzzleTokens } from "./config";
import type { NormalSource } from "./init";
import { initSwiGlu, rmsNorm, type SwiGluParams, swiGlu } from "./layers";

/**
 * A network that the recursion can use: its initial weights, and its function of the hidden state.
 * Pass one of your own to `createModel` to try a new architecture.
 * @example
 * const oneLayer: Network<tf.Tensor2D> = {
 *   init: ({ hiddenSize }, random) => linearWeight(hiddenSize, hiddenSize, random),
 *   apply: (_config, weight) => (h) => tf.tanh(linear(h, weight)),
 * };
 */
export interface Network<P extends TensorTree = TensorTree> {
  /** Fresh weights; the same random source gives the same numbers. */
  init(config: ModelConfig, random: NormalSource): P;
  /** The function that these weights make: [B, L, D] -> [B, L, D]. */
  apply(config: ModelConfig, params: P): (h: tf.Tensor3D) => tf.Tensor3D;
}

/** A network with its weights bound, as a recursion calls it: adds its inputs, [B, L, D] each, and refines the sum. */
export interface Net {
  /** Updates the reasoning. */
  z(...inputs: tf.Tensor3D[]): tf.Tensor3D;
  /** Updates the answer; the same function as `z`, unless the model has two networks. */
  y(...inputs: tf.Tensor3D[]): tf.Tensor3D;
}

/** Weights of the network; `y` only where a second network updates y. */
export type NetworkParams = { readonly z: TensorTree; readonly y?: TensorTree };

/**
 * Binds a network to its weights.
 * @throws RangeError, when called, for a network that does not keep the shape of its input
 * @example
 * const config = { ...paperModel, vocabSize: 6, seqLen: 16, numPuzzleIdentifiers: 1, hiddenSize: 32 };
 * const network = networkOf(config);
 * const net = netOf(network, config, { z: network.init(config, createRandom(0)) });
 * const [x, y, z] = [1, 2, 3].map((value) => tf.fill<tf.Rank.R3>([1, 32, 32], value));
 * net.z(x, y, z).shape; // [1, 32, 32]
 */
export function netOf(network: Network, config: ModelConfig, params: NetworkParams): Net {
  const bind = (params: TensorTree): Net["z"] => {
    const refine = network.apply(config, params);
    return (...inputs) => {
      const sum = inputs.reduce((sum, input) => tf.add(sum, input));
      const refined = refine(sum);
      if (String(refined.shape) === String(sum.shape)) return refined;
      throw new RangeError(
        `the network makes [${refined.shape}] of h [${sum.shape}]; it must keep the shape`,
      );
    };
  };
  const z = bind(params.z);
  return { z, y: params.y ? bind(params.y) : z };
}

/** A residual sub-layer of a block: its initial weights, and its function of weights and hidden state, [B, L, D] -> [B, L, D]. */
export interface SubLayer<P extends TensorTree> {
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
  mixer: SubLayer<M>,
  feedForward: SubLayer<F>,
): Network<readonly BlockParams<M, F>[]> {
  return {
    init: (config, random) =>
      Array.from({ length: config.layers }, () => ({
        mixer: mixer.init(config, random),
        mlp: feedForward.init(config, random),
      })),
    apply(config, params) {
      const mix = mixer.apply(config);
      const feed = feedForward.apply(config);
      return (h) => params.reduce((h, block) => feed(block.mlp, mix(block.mixer, h)), h);
    },
  };
}

/** Post-norm residual: norm(h + f(h)). */
export function residual(
  config: ModelConfig,
  h: tf.Tensor3D,
  f: (h: tf.Tensor3D) => tf.Tensor3D,
): tf.Tensor3D {
  return rmsNorm(tf.add(h, f(h)), config.normEpsilon);
}

/** Cells see each other by self-attention: for large contexts (mazes, ARC). */
const attentionMixer: SubLayer<AttentionParams> = {
  init: initAttention,
  apply(config) {
    const rotary = rotaryOf(config);
    return (params, h) => residual(config, h, (h) => attention(config, params, h, rotary));
  },
};

function rotaryOf(config: ModelConfig): RotaryTable | null {
  const { hiddenSize, heads, positions, ropeTheta, seqLen } = config;
  const headSize = hiddenSize / heads;
  if (positions === "rope") return rotaryTable(contextLength(config), headSize, ropeTheta);
  if (positions !== "rope-2d") return null;
  return gridRotaryTable(Math.sqrt(seqLen), puzzleTokens(config), headSize, ropeTheta);
}

/** Cells mix through a SwiGLU along the sequence (and its norm): for small fixed grids (Sudoku). */
const mlpMixer: SubLayer<SwiGluParams> = {
  init: (config, random) => initSwiGlu(contextLength(config), config, random),
  apply: (config) => (params, h) =>
    swapLengthAndWidth(residual(config, swapLengthAndWidth(h), (h) => swiGlu(params, h))),
};

/** The paper's feed-forward layer: one SwiGLU for every cell. */
const swiGluLayer: SubLayer<SwiGluParams> = {
  init: (config, random) => initSwiGlu(config.hiddenSize, config, random),
  apply: (config) => (params, h) => residual(config, h, (h) => swiGlu(params, h)),
};

/**
 * The paper's network with the mixer that a configuration names.
 * @param feedForward a feed-forward layer of your own; the default is one SwiGLU, whatever the configuration's `experts`
 * @example
 * const config = { ...paperModel, vocabSize: 6, seqLen: 16, numPuzzleIdentifiers: 1, hiddenSize: 32 };
 * const network = networkOf(config);
 * const refine = network.apply(config, network.init(config, createRandom(0)));
 * refine(tf.ones([1, 32, 32])).shape; // [1, 32, 32]
 */
export function networkOf<F extends TensorTree = SwiGluParams>(
  config: ModelConfig,
  feedForward?: SubLayer<F>,
): Network {
  const blocks = <F extends TensorTree>(feedForward: SubLayer<F>): Network =>
    config.mixer === "mlp" ? blocksWith(mlpMixer, feedForward) : blocksWith(attentionMixer, feedForward);
  return feedForward ? blocks(feedForward) : blocks(swiGluLayer);
}

/** [B, L, D] <-> [B, D, L]. */
function swapLengthAndWidth(h: tf.Tensor3D): tf.Tensor3D {
  return tf.transpose(h, [0, 2, 1]);
}
