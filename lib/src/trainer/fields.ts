import { type Fields, integer, number, oneOf, orNull } from "../fields";

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
  /** Share of the target probability that is spread evenly over all tokens: 0 in the paper, 0.1 or 0.2 with softmax elsewhere. */
  labelSmoothing: number({ default: 0, atLeast: 0, below: 1 }),
  /** Weight of the halting loss beside the answer's. */
  haltingWeight: number({ default: 0.5, atLeast: 0 }),
  /** "muon" moves the matrices of the networks along their orthogonalized mean gradient; all else stays with AdamATan2. */
  optimizer: oneOf(["adam-atan2", "muon"], { default: "adam-atan2" }),
  /** Learning rate of the optimizer after the warm-up. */
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
  /** Steps at the start of the run, the early phase, in which the other `early` fields hold instead of those of the model; 0 is none. */
  earlySteps: integer({ default: 0, atLeast: 0 }),
  /** N_sup in the early phase; null is model.supervisionSteps. With 1 a batch has only new puzzles. */
  earlySupervisionSteps: orNull(integer({ atLeast: 1 })),
  /** n in the early phase; null is model.n. */
  earlyN: orNull(integer({ atLeast: 1 })),
  /** T in the early phase; null is model.T. */
  earlyT: orNull(integer({ atLeast: 1 })),
  /** gradientRecursions in the early phase; null is model.gradientRecursions. */
  earlyGradientRecursions: orNull(integer({ atLeast: 1 })),
  /** Standard deviation of noise on the latents with which a puzzle starts; the paper has none. */
  startNoise: number({ default: 0, atLeast: 0 }),
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
