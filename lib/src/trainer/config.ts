import type { AdamATan2Config } from "./adam-atan2";
import type { LossKind } from "./losses";
import type { ScheduleConfig } from "./schedule";

/** Everything that determines a training run besides the model and the data, as plain data. */
export interface TrainingConfig extends AdamATan2Config, ScheduleConfig {
  /** Seeds the initial weights, the order of the data, its augmentation and the exploration. */
  readonly seed: number;
  /** Puzzles worked on at a time. [global_batch_size] */
  readonly batchSize: number;
  /** How logits become probabilities in the loss. [loss_type] */
  readonly loss: LossKind;
  /** Learning rate of AdamATan2 after the warm-up. [lr] */
  readonly learningRate: number;
  /** Learning rate of the puzzle embedding's sign-SGD. [puzzle_emb_lr] */
  readonly puzzleEmbLearningRate: number;
  /** Weight decay of the puzzle embedding. [puzzle_emb_weight_decay] */
  readonly puzzleEmbWeightDecay: number;
  /** Decay of the moving average of the weights; 0 evaluates the live weights. [ema_rate] */
  readonly ema: number;
  /** Precision of the matrix products; everything else is float32. [forward_dtype] */
  readonly precision: "float32" | "bfloat16";
}

/** The paper's training settings for Sudoku-Extreme and Maze-Hard (config/cfg_pretrain.yaml and README). */
export const paperTraining: TrainingConfig = {
  seed: 0,
  batchSize: 768,
  loss: "stablemax",
  learningRate: 1e-4,
  // As used in Llama: gradients of recursive nets change fast, so the squared mean forgets fast.
  beta1: 0.9,
  beta2: 0.95,
  weightDecay: 1.0,
  warmupSteps: 2000,
  // 50,000 epochs of 1,000 puzzles, 768 at a time.
  totalSteps: 65_104,
  minRatio: 1.0,
  puzzleEmbLearningRate: 1e-4,
  puzzleEmbWeightDecay: 1.0,
  ema: 0.999,
  precision: "bfloat16",
};

/**
 * Refuses settings that cannot train.
 * @throws RangeError naming the field and the values it may take
 */
export function checkTrainingConfig(config: TrainingConfig): void {
  const require = (field: keyof TrainingConfig, ok: boolean, rule: string) => {
    if (!ok) throw new RangeError(`training.${field} is ${config[field]}; it must be ${rule}`);
  };
  for (const field of ["batchSize", "totalSteps"] as const) {
    require(field, Number.isInteger(config[field]) && config[field] >= 1, "a whole number of at least 1");
  }
  for (const field of [
    "learningRate",
    "puzzleEmbLearningRate",
    "weightDecay",
    "puzzleEmbWeightDecay",
    "warmupSteps",
  ] as const) {
    require(field, Number.isFinite(config[field]) && config[field] >= 0, "a number of at least 0");
  }
  for (const field of ["beta1", "beta2", "ema"] as const) {
    require(field, config[field] >= 0 && config[field] < 1, "at least 0 and below 1");
  }
  require("minRatio", config.minRatio >= 0 && config.minRatio <= 1, "between 0 and 1");
  require("seed", Number.isSafeInteger(config.seed), "a whole number");
  require("loss", ["stablemax", "softmax"].includes(config.loss), '"stablemax" or "softmax"');
  require("precision", ["float32", "bfloat16"].includes(config.precision), '"float32" or "bfloat16"');
}
