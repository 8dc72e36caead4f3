import { tf } from "tfjs-compile";
import type { Batch, Rules } from "../batches/dataset";
import type { BatchTensors } from "../model/carry";
import type { ModelParams } from "../model/model";

/** A batch on the device, with the rules that judge answers to it. */
export type JudgedBatch = BatchTensors & { readonly rules?: Rules };

/**
 * Puts a batch on the device. The caller disposes it.
 * @example
 * const { test } = sudokuTask({ box: [2, 2], train: 100, test: 20, seed: 1 });
 * const [batch] = testBatches(test, 8);
 * toTensors(batch).inputs.shape; // [8, 16]
 */
export function toTensors(batch: Batch): JudgedBatch {
  const { size, seqLen, rules } = batch;
  return {
    inputs: tf.tensor2d(batch.inputs, [size, seqLen], "int32"),
    labels: tf.tensor2d(batch.labels, [size, seqLen], "int32"),
    puzzleIdentifiers: tf.tensor1d(batch.puzzleIdentifiers, "int32"),
    ...(rules && { rules }),
  };
}

/** A batch's rows of the puzzle embedding, [B, puzzleEmbSize]; null where the model has none. */
export function puzzleRows(
  { puzzleEmbedding: table }: ModelParams,
  { puzzleIdentifiers }: BatchTensors,
): tf.Tensor2D | null {
  return table ? (tf.gather(table, puzzleIdentifiers) as tf.Tensor2D) : null;
}
