import { tf } from "tfjs-compile";
import { contextLength, type ModelConfig } from "./config";
import type { Model, ModelParams } from "./model";
import type { Latents } from "./recursion";

/** One batch on the device. */
export type BatchTensors = {
  /** Tokens, int32 [B, seqLen]. */
  readonly inputs: tf.Tensor2D;
  /** Tokens, int32 [B, seqLen]; -100 counts neither in the loss nor in the accuracy. */
  readonly labels: tf.Tensor2D;
  /** int32 [B] */
  readonly puzzleIdentifiers: tf.Tensor1D;
};

/** The state between supervision steps; every row is at its own supervision step. */
export type Carry = {
  readonly latents: Latents;
  /** Supervision steps that a row has had, int32 [B]. */
  readonly steps: tf.Tensor1D;
  /** Rows that are done and take a new puzzle in the next step, bool [B]. */
  readonly halted: tf.Tensor1D;
  /** The puzzles being worked on. */
  readonly batch: BatchTensors;
};

/**
 * Latents before the first supervision step: every cell has its initial latent, [B, L, D] each. Source: the paper's y_init and z_init.
 * @example
 * const config = { ...paperModel, vocabSize: 6, seqLen: 16, numPuzzleIdentifiers: 1, hiddenSize: 32 };
 * const params = createModel(config).init(createRandom(0));
 * const { y, z } = freshLatents(config, params, 8); // [8, 32, 32] each: 16 tokens of the puzzle embedding, 16 cells
 */
export function freshLatents(config: ModelConfig, params: ModelParams, batchSize: number): Latents {
  const shape: [number, number, number] = [batchSize, contextLength(config), config.hiddenSize];
  return Object.fromEntries(
    Object.entries(params.initialLatents).map(([name, start]) => [
      name,
      tf.broadcastTo(start as tf.Tensor, shape) as tf.Tensor3D,
    ]),
  );
}

/** The carry before the first step: every row halted, so that the first batch fills them all. */
export function emptyCarry(model: Model, batchSize: number): Carry {
  const { config, recursion } = model;
  const shape: [number, number, number] = [batchSize, contextLength(config), config.hiddenSize];
  return {
    latents: Object.fromEntries(
      recursion.latents(config.n).map((name) => [name, tf.zeros(shape) as tf.Tensor3D]),
    ),
    steps: tf.zeros([batchSize], "int32"),
    halted: tf.ones([batchSize], "bool"),
    batch: {
      inputs: tf.zeros([batchSize, config.seqLen], "int32"),
      labels: tf.zeros([batchSize, config.seqLen], "int32"),
      puzzleIdentifiers: tf.zeros([batchSize], "int32"),
    },
  };
}

/**
 * Gives every halted row the next batch's puzzle, its initial latents and step 0; the other rows stay as they are.
 * Source: models/recursive_reasoning/trm.py, reset_carry and the start of ...ACTV1.forward.
 * @param noise added to the initial latents, [B, L, D] each
 * @example
 * const config = { ...paperModel, vocabSize: 6, seqLen: 16, numPuzzleIdentifiers: 1, hiddenSize: 32 };
 * const model = createModel(config);
 * const tokens = tf.ones<tf.Rank.R2>([1, 16], "int32");
 * const batch = { inputs: tokens, labels: tokens, puzzleIdentifiers: tf.tensor1d([0], "int32") };
 * const carry = refill(model.init(createRandom(0)), emptyCarry(model, 1), batch); // the row takes the puzzle
 */
export function refill(params: ModelParams, carry: Carry, next: BatchTensors, noise?: Latents): Carry {
  const { halted } = carry;
  const start = (name: string) => {
    const initial: tf.Tensor = params.initialLatents[name];
    return noise ? tf.add(initial, noise[name]) : initial;
  };
  const rows = <T extends tf.Tensor>(fresh: tf.Tensor, old: T): T =>
    tf.where(tf.reshape(halted, [-1, ...old.shape.slice(1).map(() => 1)]), fresh, old) as T;
  return {
    latents: Object.fromEntries(
      Object.entries(carry.latents).map(([name, latent]) => [name, rows(start(name), latent)]),
    ),
    steps: rows(tf.zerosLike(carry.steps), carry.steps),
    halted,
    batch: {
      inputs: rows(next.inputs, carry.batch.inputs),
      labels: rows(next.labels, carry.batch.labels),
      puzzleIdentifiers: rows(next.puzzleIdentifiers, carry.batch.puzzleIdentifiers),
    },
  };
}

/**
 * Marks the rows that halt after this step: at N_sup always, before that when the model believes its answer to be right.
 * Source: models/recursive_reasoning/trm.py, "Halt signal" and "Exploration".
 * @param steps supervision steps had, this one included, int32 [B]
 * @param minSteps steps that a row must have before it may halt (exploration), int32 [B]
 * @param maxSteps N_sup in place of the configuration's, int32
 * @returns bool [B]
 * @example
 * const config = { ...paperModel, vocabSize: 6, seqLen: 16, numPuzzleIdentifiers: 1, hiddenSize: 32 };
 * const [steps, q] = [tf.tensor1d([3, 3], "int32"), tf.tensor1d([1, -1])];
 * decideHalt(config, steps, q, q, tf.zeros([2], "int32")).print(); // [true, false]
 */
export function decideHalt(
  config: ModelConfig,
  steps: tf.Tensor1D,
  qHalt: tf.Tensor1D,
  qContinue: tf.Tensor1D,
  minSteps: tf.Tensor1D,
  maxSteps?: tf.Scalar,
): tf.Tensor1D {
  const atLimit = tf.greaterEqual(steps, maxSteps ?? config.supervisionSteps);
  if (config.supervisionSteps === 1 || config.halting === "never") return atLimit as tf.Tensor1D;
  const wantsToHalt = config.halting === "halt" ? tf.greater(qHalt, 0) : tf.greater(qHalt, qContinue);
  return tf.logicalAnd(tf.logicalOr(atLimit, wantsToHalt), tf.greaterEqual(steps, minSteps));
}
