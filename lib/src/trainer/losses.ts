import { noGradient, tf } from "tfjs-compile";
import { IGNORED_LABEL, type Rules } from "../batches/dataset";
import { oneHot } from "../model/layers";
import type { TrainingConfig } from "./config";
import { keepsRules } from "./rules";

/** The function from logits to log-probabilities; the loss is then their cross-entropy. */
export type LossKind = TrainingConfig["loss"];

/**
 * Log-probabilities over the last axis.
 *
 * stablemax: p_i = s(x_i) / sum_j s(x_j), s(x) = x + 1 where x >= 0 and 1 / (1 - x) elsewhere: softmax without exp,
 * so it cannot overflow in float32. Source: models/losses.py, log_stablemax (there in float64).
 * @example
 * tf.exp(logProbabilities("stablemax", tf.tensor3d([[[1, 0, -1]]]))).print(); // [[[0.57, 0.29, 0.14]]]
 */
export function logProbabilities(kind: LossKind, logits: tf.Tensor3D): tf.Tensor3D {
  if (kind === "softmax") return tf.logSoftmax(logits);
  // One of the two factors is always 1. At 0, relu has gradient 0 and maximum has gradient 1, so that 0 counts once.
  const s = tf.div(tf.add(1, tf.maximum(logits, 0)), tf.add(1, tf.relu(tf.neg(logits))));
  return tf.sub(tf.log(s), tf.log(tf.sum(s, -1, true)));
}

/** Cells that count: those whose label is not ignored. float32 [B, seqLen]. */
export function labelMask(labels: tf.Tensor2D): tf.Tensor2D {
  return tf.cast(tf.notEqual(labels, IGNORED_LABEL), "float32");
}

/**
 * Cross-entropy per puzzle, the mean over its own labelled cells, summed over the batch. A scalar.
 * Source: models/losses.py, ACTLossHead.forward (lm_loss).
 * @param smoothing share of the target that is spread evenly over all tokens
 * @example
 * answerLoss("softmax", tf.tensor3d([[[0, 0]]]), tf.tensor2d([[1]], [1, 1], "int32")).print(); // ln 2
 */
export function answerLoss(
  kind: LossKind,
  logits: tf.Tensor3D,
  labels: tf.Tensor2D,
  smoothing = 0,
): tf.Scalar {
  const mask = labelMask(labels);
  const tokens = logits.shape[2];
  const sharp = oneHot(tf.cast(tf.maximum(labels, 0), "int32"), tokens);
  const target = smoothing === 0 ? sharp : tf.add(tf.mul(sharp, 1 - smoothing), smoothing / tokens);
  const cellLoss = tf.mul(tf.neg(tf.sum(tf.mul(target, logProbabilities(kind, logits)), -1)), mask);
  const cells = tf.maximum(tf.sum(mask, -1), 1);
  return tf.sum(tf.div(tf.sum(cellLoss, -1), cells));
}

/**
 * Binary cross-entropy of logits, summed over the batch: softplus(q) - q * target. A scalar.
 * @param target probabilities [B]; no gradient flows into it
 * @example
 * binaryCrossEntropy(tf.tensor1d([0]), tf.tensor1d([1])).print(); // ln 2
 */
export function binaryCrossEntropy(q: tf.Tensor1D, target: tf.Tensor1D): tf.Scalar {
  return tf.sum(tf.sub(tf.softplus(q), tf.mul(q, target)));
}

/** Correctness of an answer, without gradient: argmax has no derivative. */
export type Correctness = {
  /** Share of labelled cells that are right, 1 where the puzzle is solved, float32 [B]. */
  readonly cells: tf.Tensor1D;
  /** 1 where every labelled cell is right, or the answer keeps the rules, float32 [B]. [exact_accuracy] */
  readonly solved: tf.Tensor1D;
  /** 1 where a puzzle has labels at all (padding rows have none), float32 [B]. */
  readonly counts: tf.Tensor1D;
};

/**
 * Compares the most likely token of every cell with its label. This is the one place where answers are judged.
 * @param judge rules and questions [B, seqLen]: then another answer that keeps the rules is right, too
 * @example
 * const logits = tf.tensor3d([[[0, 1], [1, 0]]]); // one puzzle of two cells
 * correctness(logits, tf.tensor2d([[1, 1]], [1, 2], "int32")).cells.print(); // [0.5]
 */
export function correctness(
  logits: tf.Tensor3D,
  labels: tf.Tensor2D,
  judge?: { readonly rules?: Rules; readonly inputs: tf.Tensor2D },
): Correctness {
  return noGradient(() => {
    const mask = labelMask(labels);
    const answer = tf.argMax(logits, -1) as tf.Tensor2D;
    const right = tf.mul(tf.cast(tf.equal(answer, labels), "float32"), mask);
    const rightCells = tf.sum(right, -1) as tf.Tensor1D;
    const allCells = tf.sum(mask, -1) as tf.Tensor1D;
    const cells = tf.div(rightCells, tf.maximum(allCells, 1)) as tf.Tensor1D;
    const equal = tf.equal(rightCells, allCells);
    const byRules = judge?.rules && keepsRules(judge.rules, answer, judge.inputs, labels);
    const solved = tf.cast(byRules ? tf.logicalOr(equal, byRules) : equal, "float32") as tf.Tensor1D;
    return {
      cells: byRules ? tf.maximum(cells, solved) : cells,
      solved,
      counts: tf.cast(tf.greater(allCells, 0), "float32"),
    };
  });
}
