/** What can be trained in the page, and how. */

import { vocabSizeOf } from "trm/batches";
import { createModel, type Model, type ModelSettings, paperModel } from "trm/model";
import { type Box, geometry } from "trm/puzzles";
import { paperTraining, type TrainingConfig } from "trm/trainer";
import type { LiveSettings, TrainableModel } from "./protocol";

/** A task, a model and the settings of its training. */
export interface Configuration {
  readonly box: Box;
  /** Puzzles to train with, and held-out ones. */
  readonly train: number;
  readonly test: number;
  readonly model: ModelSettings;
  readonly training: TrainingConfig;
  /** N_sup at first; `model.supervisionSteps` is the most that may be chosen. */
  readonly supervisionSteps: number;
  /** Steps between evaluations. */
  readonly evaluateEvery: number;
}

const smallModel: ModelSettings = {
  ...paperModel,
  widthMultiple: 32,
  mixer: "mlp",
  positions: "none",
  puzzleEmbSize: 0,
  puzzleEmbLen: 0,
  n: 2,
  T: 2,
  supervisionSteps: 16,
};

export type Configurations = Readonly<Record<TrainableModel, Configuration>>;

export const configurations: Configurations = {
  "4x4": {
    box: [2, 2],
    train: 200,
    test: 100,
    model: { ...smallModel, hiddenSize: 32 },
    training: {
      ...paperTraining,
      batchSize: 32,
      learningRate: 4e-3,
      warmupSteps: 30,
      totalSteps: 1000,
      minRatio: 0.1,
      ema: 0.98,
      precision: "float32",
    },
    supervisionSteps: 4,
    evaluateEvery: 50,
  },
  "6x6": {
    box: [2, 3],
    train: 1000,
    test: 128,
    model: { ...smallModel, hiddenSize: 64 },
    training: {
      ...paperTraining,
      batchSize: 64,
      learningRate: 4e-3,
      warmupSteps: 100,
      totalSteps: 1000,
      minRatio: 0.1,
      ema: 0.99,
      precision: "float32",
    },
    supervisionSteps: 8,
    evaluateEvery: 50,
  },
};

/** The model with two latents, or with one that is reasoning and answer at once. */
export function modelOf({ model, box }: Configuration, latents: LiveSettings["latents"]): Model {
  return createModel({
    ...model,
    recursion: latents === 1 ? "single-latent" : "full",
    vocabSize: vocabSizeOf({ kind: "sudoku", box }),
    seqLen: geometry(box).cells,
    numPuzzleIdentifiers: 1,
  });
}
