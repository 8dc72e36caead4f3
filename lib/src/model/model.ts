import { flatten, type TensorTree, tf } from "tfjs-compile";
import { changedConfig, contextLength, type ModelConfig, puzzleTokens } from "./config";
import { type EmbeddingParams, inputEmbedding } from "./embedding";
import { outputHead, type QHeadParams, qHead } from "./heads";
import { linearWeight, type NormalSource, truncatedNormal } from "./init";
import { type Network, type NetworkParams, netOf } from "./network";
import { deepRecursion, type Latents, type Recursion } from "./recursion";

/** The trained tensors: the network and the maps into and out of it. */
export type Weights = {
  readonly embedding: EmbeddingParams;
  readonly networks: NetworkParams;
  /** Output head [vocabSize, D]. [lm_head] */
  readonly outputHead: tf.Tensor2D;
  readonly qHead: QHeadParams;
};

/** A model's numbers. Only `weights` learn by AdamATan2; `puzzleEmbedding` has its own optimizer. */
export type ModelParams = {
  readonly weights: Weights;
  /** Initial value of each latent, [D] each: random once, then fixed. [H_init, L_init] */
  readonly initialLatents: { readonly [name: string]: tf.Tensor1D };
  /** [numPuzzleIdentifiers, puzzleEmbSize], where the model has one. */
  readonly puzzleEmbedding?: tf.Tensor2D;
};

/** Output of one supervision step. */
export type ModelOutput = {
  readonly latents: Latents;
  /** The answer it would give now, [B, seqLen, vocabSize]. */
  readonly logits: tf.Tensor3D;
  /** Above 0 when it believes that answer to be right, [B]. */
  readonly qHalt: tf.Tensor1D;
  /** Q-learning's value of thinking on, [B]; learns only with `halting: "continue"`. */
  readonly qContinue: tf.Tensor1D;
  /** A loss besides the paper's, such as the balance of a mixture of experts; the paper's model has none. */
  readonly auxiliaryLoss?: tf.Scalar;
};

/** A model: pure functions over a parameter tree. */
export interface Model {
  readonly config: ModelConfig;
  readonly recursion: Recursion;
  /**
   * The same model with other settings; its parameters stay the same as long as their shapes do.
   * @throws RangeError naming the field that is impossible
   */
  with(changes: Partial<ModelConfig>): Model;
  /** Fresh parameters; the same random source gives the same numbers. */
  init(random: NormalSource): ModelParams;
  /**
   * One supervision step: T latent recursions on x, then the heads.
   * @param inputs tokens, int32 [B, seqLen]
   * @param puzzleRows rows of the puzzle embedding [B, puzzleEmbSize], null without one
   */
  forward(
    weights: Weights,
    latents: Latents,
    inputs: tf.Tensor2D,
    puzzleRows: tf.Tensor2D | null,
  ): ModelOutput;
}

/**
 * The model of a network and a recursion; `createModel` chooses the two that a configuration names.
 * @param config a valid one: this does not check it
 * @example
 * const config = { ...paperModel, vocabSize: 6, seqLen: 16, numPuzzleIdentifiers: 1, hiddenSize: 32 };
 * const model = buildModel(config, networkOf(config), recursions.full);
 */
export function buildModel(config: ModelConfig, network: Network, recursion: Recursion): Model {
  return {
    config,
    recursion,
    with: (changes) => buildModel(changedConfig(config, changes), network, recursion),
    init: (random) => initParams(config, network, recursion, random),
    forward(weights, latents, inputs, puzzleRows) {
      const x = inputEmbedding(config, weights.embedding, inputs, puzzleRows);
      const net = netOf(network, config, weights.networks);
      const improved = deepRecursion(net, x, latents, { ...config, recursion });
      const y = improved[recursion.answer];
      return {
        latents: improved,
        logits: outputHead(config, weights.outputHead, y),
        ...qHead(weights.qHead, y),
      };
    },
  };
}

/**
 * Number of parameters in a tree of weights.
 * @example
 * const config = { ...paperModel, vocabSize: 6, seqLen: 16, numPuzzleIdentifiers: 1, hiddenSize: 32 };
 * countParameters(createModel(config).init(createRandom(0)).weights);
 */
export function countParameters(weights: TensorTree): number {
  return flatten(weights).reduce((sum, { size }) => sum + size, 0);
}

function initParams(
  config: ModelConfig,
  network: Network,
  recursion: Recursion,
  random: NormalSource,
): ModelParams {
  const { vocabSize, seqLen, hiddenSize, numPuzzleIdentifiers, puzzleEmbSize } = config;
  const embeddingStd = 1 / Math.sqrt(hiddenSize);
  const table = (rows: number) => truncatedNormal([rows, hiddenSize], embeddingStd, random) as tf.Tensor2D;
  return {
    weights: {
      embedding: {
        tokens: table(vocabSize),
        ...(config.positions === "learned" && { positions: table(contextLength(config)) }),
        ...(config.positions === "row-column" && {
          rowColumn: table(puzzleTokens(config) + 2 * Math.sqrt(seqLen)),
        }),
      },
      networks: {
        z: network.init(config, random),
        ...(config.networks === 2 && {
          y: network.init({ ...config, layers: config.answerLayers ?? config.layers }, random),
        }),
      },
      outputHead: linearWeight(vocabSize, hiddenSize, random),
      // q starts near "surely wrong", so that no puzzle halts before the head has learnt anything.
      qHead: { weight: tf.zeros([2, hiddenSize]), bias: tf.fill([2], -5) as tf.Tensor1D },
    },
    initialLatents: Object.fromEntries(
      recursion
        .latents(config.n)
        .map((name) => [name, truncatedNormal([hiddenSize], 1, random) as tf.Tensor1D]),
    ),
    ...(puzzleEmbSize > 0 && {
      puzzleEmbedding: tf.zeros([numPuzzleIdentifiers, puzzleEmbSize]) as tf.Tensor2D,
    }),
  };
}
