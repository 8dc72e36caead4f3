/**
 * The messages between the page and its workers. A worker thinks and trains; the page may start one for each, from one script
 * (`worker/worker.ts`). All messages are plain data with typed arrays, so that they can be cloned, stored and transferred.
 */

/** Models that come with the page. */
export const shippedModels = ["4x4", "6x6", "9x9", "maze"] as const;
export type ShippedModel = (typeof shippedModels)[number];

/** What can be trained in the page. */
export const trainableModels = ["4x4", "6x6"] as const;
export type TrainableModel = (typeof trainableModels)[number];

export type Latent = "y" | "z";

/** Asks a model for its answers to one puzzle. A new request, or `stopThinking`, ends the one before. */
export interface ThinkRequest {
  readonly type: "think";
  /** Chosen by the page; all messages about this request carry it. */
  readonly id: number;
  /** `trained`: the averaged weights of the training in this worker. */
  readonly model: ShippedModel | "trained";
  /** Digits row by row, 0 for a blank; of a maze the kinds of its cells, as `MAZE` of `trm/puzzles` has them. */
  readonly grid: ArrayLike<number>;
  /** Supervision steps to take. */
  readonly steps: number;
  /** Updates of z before each update of y. @default the model's own */
  readonly n?: number;
  /** Latent recursions in a supervision step. @default the model's own */
  readonly T?: number;
  /** Standard deviation of the noise that is added to the latents before the first step; the first chain has none. @default 0 */
  readonly noise?: number;
  /** Independent chains, which differ in their noise. @default 1 */
  readonly chains?: number;
  /** Sets latents back to their initial values before this supervision step, counted from 1. */
  readonly erase?: { readonly latents: readonly Latent[]; readonly step: number };
  /** Seeds the noise. @default 0 */
  readonly seed?: number;
  /** Sends a {@link Position} after each update of a latent. @default false */
  readonly trace?: boolean;
}

/** The choices of a training that may change while it runs. */
export interface LiveSettings {
  /** Learning rate after the warm-up. */
  readonly learningRate: number;
  /** Decay of the averaged weights. */
  readonly ema: number;
  /** Supervision steps per puzzle at most, N_sup; at most {@link TrainingReady.mostSupervisionSteps}. */
  readonly supervisionSteps: number;
  /** 2: y and z; 1: one latent that is reasoning and answer at once. A change keeps the weights and begins all puzzles anew. */
  readonly latents: 1 | 2;
}

/** Starts a training from random weights, or goes on from what `save` gave. Ends the one before. */
export interface StartTraining {
  readonly type: "startTraining";
  readonly model: TrainableModel;
  /** @default the configuration's own */
  readonly settings?: Partial<LiveSettings>;
  /** Seeds weights, puzzles and their order. @default 0 */
  readonly seed?: number;
  readonly resume?: SavedTraining;
}

/** A whole training, to be kept in IndexedDB. */
export interface SavedTraining {
  readonly version: 1;
  readonly model: TrainableModel;
  readonly seed: number;
  readonly settings: LiveSettings;
  /** Position of the data and of chance, as JSON. */
  readonly host: string;
  /** Seconds trained so far. */
  readonly seconds: number;
  readonly tensors: readonly {
    readonly path: string;
    readonly shape: readonly number[];
    readonly data: Float32Array | Int32Array | Uint8Array;
  }[];
}

export type ToWorker =
  | ThinkRequest
  | { readonly type: "stopThinking" }
  | StartTraining
  | { readonly type: "pauseTraining" }
  | { readonly type: "resumeTraining" }
  | { readonly type: "changeTraining"; readonly settings: Partial<LiveSettings> }
  /** Answered by `saved`, also while the training is paused or done. */
  | { readonly type: "saveTraining"; readonly id: number }
  | { readonly type: "stopTraining" };

/** The state of the model after one supervision step. */
export interface Thought {
  /** Supervision steps taken, from 1. */
  readonly step: number;
  /** The digits of the answer, 0 where it has none; of a maze the kinds of its cells. */
  readonly answer: Uint8Array;
  /** Probability of the chosen digit, per cell. */
  readonly confidence: Float32Array;
  /** Probability that the answer is right, as the halting head believes. */
  readonly halting: number;
  /** Root mean square of the change of each latent in this step, over its own root mean square. One latent: z only. */
  readonly movement: { readonly [latent in Latent]?: number };
  /** What z reads as through the output head: digits, and their probabilities. */
  readonly zAnswer: Uint8Array;
  readonly zConfidence: Float32Array;
}

/** A place in the loops of the recursion: the latent that has just been updated. All count from 1. */
export interface Position {
  readonly step: number;
  readonly recursion: number;
  /** Update of z, up to n; n + 1 is the update of y. */
  readonly update: number;
  readonly latent: Latent;
}

/** Facts of a training that has been made ready. */
export interface TrainingReady {
  readonly type: "trainingReady";
  readonly model: TrainableModel;
  readonly settings: LiveSettings;
  readonly mostSupervisionSteps: number;
  readonly weights: number;
  readonly trainPuzzles: number;
  readonly testPuzzles: number;
  /** Step at which the learning rate's schedule ends; the training goes on until it is stopped. */
  readonly totalSteps: number;
  /** Step that it goes on from. */
  readonly step: number;
}

/** Shares between 0 and 1 of held-out puzzles. */
export interface Accuracy {
  readonly solved: number;
  readonly cells: number;
}

export type FromWorker =
  | { readonly type: "thought"; readonly id: number; readonly chain: number; readonly thought: Thought }
  | { readonly type: "position"; readonly id: number; readonly chain: number; readonly position: Position }
  /** All steps of all chains are done, or the request was ended by another. */
  | {
      readonly type: "thinkingDone";
      readonly id: number;
      readonly stopped: boolean;
      readonly milliseconds: number;
    }
  | TrainingReady
  | {
      readonly type: "trainingStep";
      readonly step: number;
      readonly loss: number;
      readonly learningRate: number;
      /** Share of the batch's finished puzzles that are solved, and of their cells; NaN where none finished. */
      readonly batch: Accuracy;
      /** Seconds of training so far, without pauses. */
      readonly seconds: number;
      /** Threads that the step ran on. */
      readonly threads: number;
    }
  | {
      readonly type: "trainingEvaluation";
      readonly step: number;
      readonly live: Accuracy;
      readonly averaged: Accuracy;
      readonly seconds: number;
    }
  /** The held-out puzzle that is being learned, as the averaged weights see it now. */
  | {
      readonly type: "trainingPuzzle";
      readonly step: number;
      readonly question: Uint8Array;
      readonly solution: Uint8Array;
      readonly thoughts: readonly Thought[];
    }
  | { readonly type: "trainingState"; readonly state: "running" | "paused" | "stopped" }
  | { readonly type: "saved"; readonly id: number; readonly training: SavedTraining }
  /** Programs or weights are still loading. Sent every few seconds, so that the page can tell a slow network from a worker that is stuck. */
  | { readonly type: "loading" }
  /** WebAssembly here lacks SIMD: the same numbers, several times slower. Sent once. */
  | { readonly type: "slow"; readonly reason: string }
  /** One sentence. `of`: what failed; a training that failed can still be saved. */
  | {
      readonly type: "error";
      readonly of: "think" | "train" | "worker";
      readonly id?: number;
      readonly message: string;
    };
