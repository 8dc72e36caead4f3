import { tf } from "tfjs-compile";
import { type ModelConfig, puzzleTokens } from "./config";
import { linear } from "./layers";

/** Weights of the halting head. */
export type QHeadParams = {
  /** [2, D]: row 0 gives q_halt, row 1 q_continue. */
  readonly weight: tf.Tensor2D;
  /** [2] */
  readonly bias: tf.Tensor1D;
};

/**
 * The output head: logits of the answer, read from every cell of y.
 * Source: the paper's Figure 3, output_head; models/recursive_reasoning/trm.py, lm_head.
 * @param weight [vocabSize, D]
 * @param y [B, L, D]; the tokens of the puzzle embedding are skipped
 * @returns [B, seqLen, vocabSize]
 * @example
 * const config = { ...paperModel, vocabSize: 6, seqLen: 16, numPuzzleIdentifiers: 1, hiddenSize: 32 };
 * outputHead(config, tf.ones([6, 32]), tf.ones([1, 32, 32])).shape; // [1, 16, 6]
 */
export function outputHead(config: ModelConfig, weight: tf.Tensor2D, y: tf.Tensor3D): tf.Tensor3D {
  const [batch, , size] = y.shape;
  const cells = tf.slice(y, [0, puzzleTokens(config), 0], [batch, config.seqLen, size]);
  return linear(cells as tf.Tensor3D, weight);
}

/**
 * The halting head: two logits, read from the first position of y.
 * Source: the paper's Figure 3, Q_head; models/recursive_reasoning/trm.py, q_head.
 * @param y [B, L, D]
 * @returns q_halt, above 0 where the model believes its answer to be right, and q_continue, both [B]
 * @example
 * const params = { weight: tf.zeros<tf.Rank.R2>([2, 4]), bias: tf.tensor1d([-5, -5]) };
 * qHead(params, tf.ones([1, 9, 4])).qHalt.print(); // [-5]
 */
export function qHead(params: QHeadParams, y: tf.Tensor3D): { qHalt: tf.Tensor1D; qContinue: tf.Tensor1D } {
  const [batch, , size] = y.shape;
  const first = tf.reshape(tf.slice(y, [0, 0, 0], [batch, 1, size]), [batch, size]) as tf.Tensor2D;
  const q = tf.add(linear(first, params.weight), params.bias);
  const [qHalt, qContinue] = tf.unstack(q, 1) as tf.Tensor1D[];
  return { qHalt, qContinue };
}
