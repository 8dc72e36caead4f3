import { type Fields, integer, number, oneOf } from "../fields";

/**
 * Fields of a training run. Defaults are the paper's for Sudoku-Extreme and Maze-Hard (config/cfg_pretrain.yaml and README of
 * the official code).
 */
export const trainingFields = {
  /** Seeds the initial weights, the order of the data, its augmentation and the exploration. */
  seed: integer({ default: 0, official: "seed" }),
  /** Puzzles in a batch. */
  batchSize: integer({ default: 768, atLeast: 1, official: "global_batch_size" }),
  /** Devices that share each batch equally; more than one needs a PJRT plugin. */
  devices: integer({ default: 1, atLeast: 1 }),
  /** Function that turns logits into probabilities in the loss. */
  loss: oneOf(["stablemax", "softmax"], {
    default: "stablemax",
    official: {
      name: "arch.loss.loss_type",
      read: (kind) => String(kind).replace("_cross_entropy", "") as "stablemax" | "softmax",
      write: (kind) => `${kind}_cross_entropy`,
    },
  }),
  /** Learning rate of AdamATan2 after the warm-up. */
  learningRate: number({ default: 1e-4, atLeast: 0, official: "lr" }),
  /** Decay of the mean of gradients. */
  beta1: number({ default: 0.9, atLeast: 0, below: 1, official: "beta1" }),
  /** Decay of the mean of squared gradients. */
  beta2: number({
    default: 0.95, // as in Llama; gradients of recursive networks change fast, so their squared mean must forget fast
    atLeast: 0,
    below: 1,
    official: "beta2",
  }),
  /** Decoupled weight decay, multiplied by the learning rate. */
  weightDecay: number({ default: 1, atLeast: 0, official: "weight_decay" }),
  /** Steps of linear warm-up. */
  warmupSteps: number({ default: 2000, atLeast: 0, official: "lr_warmup_steps" }),
  /** Steps of the whole run; the official code has epochs instead. [epochs] */
  totalSteps: integer({
    default: 65_104, // 50,000 epochs of 1,000 puzzles, 768 at a time
    atLeast: 1,
  }),
  /** End of the cosine, as a share of the base rate; 1 keeps the rate constant. */
  minRatio: number({ default: 1, atLeast: 0, atMost: 1, official: "lr_min_ratio" }),
  /** Learning rate of the puzzle embedding's sign-SGD. */
  puzzleEmbLearningRate: number({ default: 1e-4, atLeast: 0, official: "puzzle_emb_lr" }),
  /** Weight decay of the puzzle embedding. */
  puzzleEmbWeightDecay: number({ default: 1, atLeast: 0, official: "puzzle_emb_weight_decay" }),
  /** Decay of the moving average of the weights; 0 evaluates the live weights. */
  ema: number({ default: 0.999, atLeast: 0, below: 1, official: "ema_rate" }),
  /** Precision of the matrix products; everything else is float32. */
  precision: oneOf(["float32", "bfloat16"], { default: "bfloat16", official: "arch.forward_dtype" }),
} as const satisfies Fields;
