import { createModel, type Model, type ModelParams } from "trm/model";
import type { RunConfigChanges } from "trm-workbench/config";
import {
  embeddingNotice,
  modelConfigOf,
  paramsFrom,
  readWeights,
  type StoredWeights,
} from "trm-workbench/official";
import { readConfig } from "./options";

/** A model with its trained weights. */
export interface LoadedModel {
  readonly model: Model;
  /** Owned by the caller. */
  readonly params: ModelParams;
  readonly stored: StoredWeights;
  readonly precision: "float32" | "bfloat16";
}

/** Options for facts that a weights file does not contain. */
export interface LoadOptions {
  readonly weights?: "ema" | "live";
  /** A preset or a configuration file. */
  readonly config?: string;
  /** Facts of the data that they will be used on. */
  readonly data?: { readonly seqLen: number; readonly numPuzzleIdentifiers: number };
}

/** Reads weights and builds their model. The engine must be running. */
export function loadModel(path: string, { weights, config, data }: LoadOptions): LoadedModel {
  const stored = readWeights(path, weights);
  const changes: RunConfigChanges = config ? readConfig(config) : {};
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
