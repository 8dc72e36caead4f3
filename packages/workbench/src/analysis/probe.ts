import { disposeTree, tf } from "tfjs-compile";
import { type Batch, type Dataset, exampleCount, testBatches } from "trm/batches";
import type { ModelParams } from "trm/model";
import { linear, oneHot, puzzleTokens } from "trm/model";
import { type Reasoner, think, toTensors } from "trm/trainer";
import { openCells } from "./cell-changes";

/** The latents of a batch of puzzles: one vector of D numbers per cell and latent. */
export interface Mind {
  /** Supervision steps had, from 1. */
  readonly supervisionStep: number;
  /** Each latent of each cell, [count * seqLen * D]; the tokens of the puzzle embedding are left out. */
  readonly latents: Readonly<Record<string, Float32Array>>;
}

/** Reads one token off every vector: [cells * D] -> [cells]. */
export type Decoder = (vectors: Float32Array) => Int32Array;

/**
 * Lets a model think about a batch and keeps all its latents after every supervision step.
 * @param supervisionSteps how many to take, default N_sup
 * @example
 * await startEngine();
 * const { model, params, precision } = loadModel("sudoku-4x4");
 * const [batch] = testBatches(sudokuTask({ box: [2, 2], train: 1, test: 4, seed: 1 }).test, 4);
 * const minds = await readMinds(createReasoner(model, precision), params, batch);
 * const board = headDecoder(params)(minds[0].latents.y); // the answer of y after the first step
 */
export async function readMinds(
  reasoner: Reasoner,
  params: ModelParams,
  batch: Batch,
  supervisionSteps = reasoner.model.config.supervisionSteps,
): Promise<Mind[]> {
  const { config } = reasoner.model;
  const tensors = toTensors(batch);
  const minds: Mind[] = [];
  try {
    for await (const { step, output } of think(reasoner, params, tensors, supervisionSteps)) {
      const latents: Record<string, Float32Array> = {};
      for (const [name, latent] of Object.entries(output.latents)) {
        const from: [number, number, number] = [0, puzzleTokens(config), 0];
        const cells = tf.tidy(() => tf.slice(latent, from, [batch.count, config.seqLen, config.hiddenSize]));
        latents[name] = (await cells.data()) as Float32Array;
        cells.dispose();
      }
      minds.push({ supervisionStep: step + 1, latents });
    }
  } finally {
    disposeTree(tensors);
  }
  return minds;
}

/** Reads any latent as if it were the answer: with the model's own output head. */
export function headDecoder({ weights }: ModelParams): Decoder {
  return (vectors) => readTokens(vectors, weights.outputHead);
}

/**
 * A linear probe: the output head that would read these vectors best, by least squares onto one-hot tokens. What it reads on
 * other vectors is there in linear form, even where the model's own head cannot see it.
 * Source: Alain and Bengio 2016, "Understanding intermediate layers using linear classifier probes".
 * @param vectors [cells * D]
 * @param tokens what each should be read as, [cells]
 * @param vocabSize tokens are 0 … vocabSize - 1
 */
export function fitLinearProbe(vectors: Float32Array, tokens: ArrayLike<number>, vocabSize: number): Decoder {
  const size = vectors.length / tokens.length;
  const head = tf.tidy(() => {
    const h = tf.tensor2d(vectors, [tokens.length, size]);
    const target = oneHot(tf.tensor1d(Int32Array.from(tokens), "int32"), vocabSize) as tf.Tensor2D;
    // A little ridge: without it, directions that hardly vary would get huge weights.
    const products = tf.add(tf.matMul(h, h, true), tf.mul(tf.eye(size), RIDGE * tokens.length));
    const right = tf.matMul(h, target, true) as tf.Tensor2D;
    return solveLinear(products.arraySync() as number[][], right.arraySync());
  });
  return (vectors) => tf.tidy(() => readTokens(vectors, tf.transpose(tf.tensor2d(head))));
}

/** Of the mean square of the vectors' numbers, which the norms keep near 1. */
const RIDGE = 1e-3;

/** X of A X = B by elimination, in place; A is symmetric and positive definite, so that no pivot is 0. */
function solveLinear(A: number[][], B: number[][]): number[][] {
  A.forEach((row, k) => {
    A.forEach((other, i) => {
      if (i === k) return;
      const factor = other[k] / row[k];
      for (let j = k; j < row.length; j++) other[j] -= factor * row[j];
      for (let j = 0; j < B[k].length; j++) B[i][j] -= factor * B[k][j];
    });
  });
  return B.map((row, k) => row.map((value) => value / A[k][k]));
}

/** The most likely token of every vector under a linear map [vocabSize, D]. */
function readTokens(vectors: Float32Array, weight: tf.Tensor2D): Int32Array {
  return tf.tidy(() => {
    const logits = linear(tf.tensor2d(vectors, [vectors.length / weight.shape[1], weight.shape[1]]), weight);
    return tf.cast(tf.argMax(logits, -1), "int32").dataSync().slice() as Int32Array;
  });
}

/** The readability of one latent after one supervision step: shares of cells whose right token is read off it. */
export interface Readability {
  /** Supervision steps had, from 1. */
  readonly supervisionStep: number;
  readonly latent: string;
  /** By the model's own output head. */
  readonly head: number;
  /** By a linear probe trained for this latent and step, on other puzzles. */
  readonly probe: number;
}

/** Options of {@link probeLatents}. */
export interface ProbeOptions {
  /** Puzzles to use, the first of the dataset: half of them to train probes, half to measure. Default 256, or all. */
  readonly puzzles?: number;
  /** Supervision steps to take. Default N_sup. */
  readonly supervisionSteps?: number;
}

/**
 * Asks of every latent, after every supervision step, whether the solution can be read off it. Only cells that the puzzle
 * leaves open count: the others stand in x, which is added to every latent.
 * Source: the question is the paper's section 4.2, where y is said to be the solution and z not.
 * @param dataset puzzles that the model has not been trained on
 * @throws RangeError when there are fewer than two puzzles, or no open cell in them
 */
export async function probeLatents(
  reasoner: Reasoner,
  params: ModelParams,
  dataset: Dataset,
  options: ProbeOptions = {},
): Promise<Readability[]> {
  const puzzles = Math.min(options.puzzles ?? 256, exampleCount(dataset));
  if (!(puzzles >= 2)) throw new RangeError(`probing needs at least 2 puzzles, not ${puzzles}`);
  const [batch] = testBatches(dataset, puzzles);
  const half = Math.ceil(puzzles / 2) * batch.seqLen;
  const open = openCells(batch);
  const [toFit, toMeasure] = [open.filter((cell) => cell < half), open.filter((cell) => cell >= half)];
  if (toFit.length === 0 || toMeasure.length === 0) {
    throw new RangeError(`dataset "${dataset.name}": its first ${puzzles} puzzles leave too few cells open`);
  }
  const { vocabSize, hiddenSize } = reasoner.model.config;
  const labelsOf = (cells: readonly number[]) => cells.map((cell) => batch.labels[cell]);
  const share = (read: Int32Array) =>
    labelsOf(toMeasure).filter((label, i) => label === read[i]).length / toMeasure.length;

  const byHead = headDecoder(params);
  const minds = await readMinds(reasoner, params, batch, options.supervisionSteps);
  return minds.flatMap(({ supervisionStep, latents }) =>
    Object.entries(latents).map(([latent, vectors]) => {
      const measured = rowsOf(vectors, toMeasure, hiddenSize);
      const byProbe = fitLinearProbe(rowsOf(vectors, toFit, hiddenSize), labelsOf(toFit), vocabSize);
      return { supervisionStep, latent, head: share(byHead(measured)), probe: share(byProbe(measured)) };
    }),
  );
}

/** Some vectors of many. */
function rowsOf(vectors: Float32Array, rows: readonly number[], size: number): Float32Array {
  const chosen = new Float32Array(rows.length * size);
  rows.forEach((row, i) => {
    chosen.set(vectors.subarray(row * size, (row + 1) * size), i * size);
  });
  return chosen;
}
