import type { tf } from "tfjs-compile";
import { refill } from "../model/carry";
import type { Model } from "../model/model";
import type { Latents } from "../model/recursion";
import { type AdamATan2Config, type AdamRates, adamATan2 } from "./adam-atan2";
import type { JudgedBatch } from "./batch";
import type { TrainingConfig } from "./config";
import { updateEma } from "./ema";
import { muon } from "./muon";
import { signSgd } from "./sign-sgd";
import type { TrainState } from "./state";
import { type LossConfig, lossAndGrads } from "./supervise";

/** Settings of one training step, constant over a run. */
export interface StepConfig extends AdamATan2Config, LossConfig, Pick<TrainingConfig, "optimizer"> {
  /** Decay of the moving average of the weights. [ema_rate] */
  readonly ema: number;
  /** Weight decay of the puzzle embedding. [puzzle_emb_weight_decay] */
  readonly puzzleEmbWeightDecay: number;
}

/** Inputs that change with every step, besides the batch. */
export type StepRates = AdamRates & {
  readonly puzzleEmbLearningRate: tf.Scalar;
  /** Steps that each row must have before it may halt: exploration, drawn on the host, int32 [B]. */
  readonly minSteps: tf.Tensor1D;
  /** Noise on the latents of the rows that take a new puzzle, [B, L, D] each. */
  readonly startNoise?: Latents;
  /** Decay of the moving average in place of the configuration's, where it may change during a run. */
  readonly ema?: tf.Scalar;
  /** N_sup in place of the model's, where it may change during a run, int32. */
  readonly maxSteps?: tf.Scalar;
};

/**
 * One step of deep supervision: forward, backward, both optimizers, moving average. A pure function, made to be compiled.
 * Source: the paper's Figure 3, "Deep Supervision"; pretrain.py, train_batch.
 * @returns the next state, and the `METRICS` in one tensor so that reading them is one transfer
 * @example
 * const size = { hiddenSize: 32, widthMultiple: 32, n: 2, T: 1, supervisionSteps: 2, puzzleEmbSize: 0, puzzleEmbLen: 0 };
 * const model = createModel({ ...paperModel, ...size, vocabSize: 6, seqLen: 16, numPuzzleIdentifiers: 1 });
 * const state = initTrainState(model, model.init(createRandom(0)), 1);
 * const tokens = tf.ones<tf.Rank.R2>([1, 16], "int32");
 * const batch = { inputs: tokens, labels: tokens, puzzleIdentifiers: tf.tensor1d([0], "int32") };
 * const rates = stepRates(paperTraining, 1, Int32Array.of(0));
 * const next = trainStep(model, paperTraining, state, batch, rates);
 */
export function trainStep(
  model: Model,
  config: StepConfig,
  state: TrainState,
  batch: JudgedBatch,
  rates: StepRates,
): { state: TrainState; metrics: tf.Tensor1D } {
  const carry = refill(state.params, state.carry, batch, rates.startNoise);
  const { grads, aux } = lossAndGrads(
    model,
    config,
    state.params,
    carry,
    rates.minSteps,
    rates.maxSteps,
    batch.rules,
  );

  const { weights, puzzleEmbedding: table } = state.params;
  const optimizer = config.optimizer === "muon" ? muon : adamATan2;
  const next = optimizer(config, weights, grads.weights, state.optimizer, rates);
  const puzzleEmbedding =
    table &&
    grads.puzzleRows &&
    signSgd(
      table,
      carry.batch.puzzleIdentifiers,
      grads.puzzleRows,
      rates.puzzleEmbLearningRate,
      config.puzzleEmbWeightDecay,
    );

  return {
    state: {
      params: { ...state.params, weights: next.weights, ...(puzzleEmbedding && { puzzleEmbedding }) },
      optimizer: next.state,
      ema: updateEma(state.ema, next.weights, rates.ema ?? config.ema),
      carry: aux.carry,
    },
    metrics: aux.metrics,
  };
}
