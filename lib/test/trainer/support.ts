import { sudokuTask } from "../../src/batches";
import { createModel, type Model, type ModelConfig, paperModel } from "../../src/model";
import { paperTraining, type TrainingConfig } from "../../src/trainer";

/** 4x4 Sudoku, the smallest task there is. */
export const tinyTask = sudokuTask({ box: [2, 2], train: 64, test: 24, seed: 7 });

/** A model so small that a step takes milliseconds. */
export function tinyModel(changes: Partial<ModelConfig> = {}): Model {
  return createModel({
    ...paperModel,
    vocabSize: 6,
    seqLen: 16,
    numPuzzleIdentifiers: 1,
    hiddenSize: 32,
    heads: 2,
    n: 2,
    T: 2,
    puzzleEmbSize: 32,
    puzzleEmbLen: 1,
    supervisionSteps: 3,
    ...changes,
  });
}

export const tinyTraining: TrainingConfig = {
  ...paperTraining,
  seed: 3,
  batchSize: 8,
  learningRate: 1e-3,
  puzzleEmbLearningRate: 1e-2,
  weightDecay: 0.1,
  warmupSteps: 2,
  totalSteps: 20,
  ema: 0.9,
  precision: "float32",
};
