import { tf } from "tfjs-compile";

/**
 * One sign-SGD step on the rows of the puzzle-embedding table that a batch used:
 *
 *     row <- row (1 - lr wd) - lr sign(sum of the row's gradients in this batch)
 *
 * Source: models/sparse_embedding.py, _sparse_emb_signsgd_dist.
 * @param table [identifiers, size]
 * @param identifiers the batch's puzzle identifiers, int32 [B]; the same one may occur several times
 * @param rowGrads gradient of each row of the batch, [B, size]
 * @returns the new table
 * @example
 * const table = tf.tensor2d([[1, 1], [2, 2]]);
 * signSgd(table, tf.tensor1d([1], "int32"), tf.tensor2d([[5, -5]]), tf.scalar(0.1), 0).print(); // [[1, 1], [1.9, 2.1]]
 */
export function signSgd(
  table: tf.Tensor2D,
  identifiers: tf.Tensor1D,
  rowGrads: tf.Tensor2D,
  learningRate: tf.Scalar,
  weightDecay: number,
): tf.Tensor2D {
  const same = tf.cast(tf.equal(tf.expandDims(identifiers, 0), tf.expandDims(identifiers, 1)), "float32");
  const summed = tf.matMul(same as tf.Tensor2D, rowGrads);
  const rows = tf.gather(table, identifiers);
  const shrink = tf.sub(1, tf.mul(learningRate, weightDecay));
  const updated = tf.sub(tf.mul(rows, shrink), tf.mul(learningRate, tf.sign(summed)));
  // Updated rows of one puzzle are equal, so their order does not matter.
  return tf.tensorScatterUpdate(table, tf.expandDims(identifiers, 1), updated) as tf.Tensor2D;
}
