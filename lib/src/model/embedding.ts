import { tf } from "tfjs-compile";
import { type ModelConfig, puzzleTokens } from "./config";
import { oneHot } from "./layers";

/** Weights that turn tokens into vectors. */
export type EmbeddingParams = {
  /** [vocabSize, D] */
  readonly tokens: tf.Tensor2D;
  /** [L, D], with learned positions only. */
  readonly positions?: tf.Tensor2D;
  /** [puzzleTokens + 2 sqrt(seqLen), D], with positions by row and column only. */
  readonly rowColumn?: tf.Tensor2D;
};

/**
 * x: the question as vectors, scaled so that each number has a standard deviation near 1.
 * Source: models/recursive_reasoning/trm.py, _input_embeddings.
 * @param inputs tokens, int32 [B, seqLen]
 * @param puzzleRows each puzzle's row of the puzzle-embedding table, [B, puzzleEmbSize], or null where there is none
 * @returns [B, L, D], the puzzle's own tokens after those of its embedding
 * @example
 * const config = { ...paperModel, vocabSize: 6, seqLen: 16, numPuzzleIdentifiers: 1, hiddenSize: 32 };
 * const params = createModel(config).init(createRandom(0));
 * const x = inputEmbedding(config, params.weights.embedding, tf.ones([1, 16], "int32"), tf.zeros([1, 512]));
 */
export function inputEmbedding(
  config: ModelConfig,
  params: EmbeddingParams,
  inputs: tf.Tensor2D,
  puzzleRows: tf.Tensor2D | null,
): tf.Tensor3D {
  let x = embedTokens(config, params.tokens, inputs);
  if (puzzleRows !== null) x = tf.concat([puzzleVectors(config, puzzleRows), x], 1);
  // The sum of two embeddings has twice the variance of one.
  const positions = params.positions ?? (params.rowColumn && rowColumnVectors(config, params.rowColumn));
  if (positions) x = tf.mul(tf.add(x, positions), Math.SQRT1_2);
  return tf.mul(x, Math.sqrt(config.hiddenSize));
}

/** Rows of the token table, by a product with one-hot vectors: its gradient needs no scatter, which wasm lacks. */
function embedTokens(config: ModelConfig, table: tf.Tensor2D, inputs: tf.Tensor2D): tf.Tensor3D {
  const { vocabSize, seqLen, hiddenSize } = config;
  const rows = oneHot(tf.reshape(inputs, [-1]), vocabSize) as tf.Tensor2D;
  return tf.reshape(tf.matMul(rows, table), [-1, seqLen, hiddenSize]);
}

/** A puzzle's embedding cut into tokens: [B, puzzleEmbSize] -> [B, puzzleTokens, D], padded with zeros. */
function puzzleVectors(config: ModelConfig, rows: tf.Tensor2D): tf.Tensor3D {
  const tokens = puzzleTokens(config);
  const padding = tokens * config.hiddenSize - config.puzzleEmbSize;
  const padded: tf.Tensor2D =
    padding > 0
      ? tf.pad(rows, [
          [0, 0],
          [0, padding],
        ])
      : rows;
  return tf.reshape(padded, [-1, tokens, config.hiddenSize]);
}

/** The position of each token, [L, D]: of a cell the scaled sum of its row's vector and its column's. */
function rowColumnVectors(config: ModelConfig, table: tf.Tensor2D): tf.Tensor2D {
  const [tokens, side] = [puzzleTokens(config), Math.sqrt(config.seqLen)];
  const rows = tf.expandDims(tf.slice(table, [tokens, 0], [side, -1]), 1);
  const columns = tf.slice(table, [tokens + side, 0], [side, -1]);
  const cells: tf.Tensor2D = tf.reshape(tf.mul(tf.add(rows, columns), Math.SQRT1_2), [-1, config.hiddenSize]);
  return tokens === 0 ? cells : tf.concat([tf.slice(table, [0, 0], [tokens, -1]), cells]);
}
