import { createModel, type Model, type ModelParams } from "trm/model";
import type { RunConfigChanges } from "../config/config";
import { embeddingNotice, modelConfigOf, paramsFrom, readWeights, type StoredWeights } from "./weights";

/** A model with its trained weights. */
export interface LoadedModel {
  readonly model: Model;
  /** Owned by the caller. */
  readonly params: ModelParams;
  /** Where they come from: path, step, configuration of their run. */
  readonly stored: StoredWeights;
  /** Precision that they were trained in. */
  readonly precision: "float32" | "bfloat16";
}

/** Options for facts that a weights file does not contain. */
export interface LoadOptions {
  /** Of a checkpoint: averaged or live weights. @default "ema" */
  readonly weights?: "ema" | "live";
  /** Settings instead of, or beside, those that are stored. */
  readonly changes?: RunConfigChanges;
  /** Facts of the data that they will be used on. */
  readonly data?: { readonly seqLen: number; readonly numPuzzleIdentifiers: number };
}

/**
 * Reads weights and builds their model. The engine must be running.
 * @param nameOrPath the name of a model in `data/models`, a run's folder, a checkpoint, or a weights file
 * @throws Error as {@link readWeights}
 * @example
 * await startEngine();
 * const { model, params, precision } = loadModel("sudoku-6x6");
 * const tokens = new Int32Array(36).fill(1); // an empty 6x6 Sudoku
 * (await solve(createReasoner(model, precision), params, tokens)).at(-1)?.tokens; // digits + 1
 */
export function loadModel(
  nameOrPath: string,
  { weights, changes = {}, data }: LoadOptions = {},
): LoadedModel {
  const stored = readWeights(nameOrPath, weights);
  const ofFile = modelConfigOf(stored, changes, data?.seqLen);
  const hasEmbedding = ofFile.puzzleEmbSize > 0 && data !== undefined;
  // Other puzzles have other identifiers: their embeddings start from the mean, as in the official loader.
  const model = createModel(
    hasEmbedding ? { ...ofFile, numPuzzleIdentifiers: data.numPuzzleIdentifiers } : ofFile,
  );
  const notice = embeddingNotice(model, stored);
  if (notice) console.error(notice);
  const precision = changes.training?.precision ?? stored.config?.training?.precision ?? "float32";
  return { model, params: paramsFrom(model, stored), stored, precision };
}
