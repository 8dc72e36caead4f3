import type { ModelConfig } from "trm/model";
import type { TrainingConfig } from "trm/trainer";

/** The model without what its dataset decides: the number of tokens, their kinds, and the puzzle identifiers. */
export type ModelSettings = Omit<ModelConfig, "vocabSize" | "seqLen" | "numPuzzleIdentifiers">;

/** Sudokus generated from a seed; no test puzzle is a symmetric form of a training puzzle. */
export interface GeneratedSudoku {
  /** Where the puzzles come from: generated Sudokus or mazes, CSV files of Sudokus, or official dataset folders. */
  readonly kind: "sudoku";
  /** Rows x columns of one box: 2x2 for 4x4 Sudoku, 2x3 for 6x6, 3x3 for 9x9. */
  readonly box: string;
  /** Training puzzles to make, or the CSV file that has them. */
  readonly train: number;
  /** Held-out puzzles to make, or the CSV file that has them. */
  readonly test: number;
  /** Seeds what is generated, or which puzzles of a file are taken. */
  readonly seed: number;
  /** Rewrite every sampled training puzzle by a random symmetry, so that no two epochs are alike. */
  readonly augment: boolean;
}

/** Mazes generated from a seed. */
export interface GeneratedMaze extends Omit<GeneratedSudoku, "kind" | "box"> {
  readonly kind: "maze";
  /** Cells on a side. */
  readonly size: number;
  /** Share of the walls that are opened again, so that there are detours. */
  readonly loops: number;
  /** Fewest steps from start to goal. */
  readonly minLength: number;
}

/** Sudokus of two CSV files in the layout of Sudoku-Extreme. */
export interface SudokuFiles extends Omit<GeneratedSudoku, "kind" | "train" | "test"> {
  readonly kind: "csv";
  /** CSV file of training puzzles. */
  readonly train: string;
  /** CSV file of held-out puzzles. */
  readonly test: string;
  /** Take so many training puzzles, drawn by the seed; null takes all. */
  readonly subsample: number | null;
  /** Leave out training puzzles with a lower rating; null takes all. */
  readonly minRating: number | null;
}

/** Dataset folders in the official layout. */
export interface DatasetFolders {
  readonly kind: "folder";
  /** Folders with a train split; several are mixed. [data_paths] */
  readonly paths: readonly string[];
  /** Folders with a test split; none means those of `paths`. [data_paths_test] */
  readonly testPaths: readonly string[];
  /** Passes over the training data; sets training.totalSteps. null leaves that as it is. [epochs] */
  readonly epochs: number | null;
  /** Passes that are joined before a last partial batch is dropped. [eval_interval] */
  readonly epochsPerIteration: number;
}

/** Where a run's puzzles come from. */
export type DataConfig = GeneratedSudoku | GeneratedMaze | SudokuFiles | DatasetFolders;

/** When and how a run is evaluated. */
export interface EvaluationConfig {
  /** Evaluate after so many steps; below 1 after such a share of the run; 0 only at the end. [eval_interval] */
  readonly every: number;
  /** Weights to evaluate: "ema", "live", or both. */
  readonly weights: readonly ("live" | "ema")[];
  /** Puzzles evaluated at a time; null takes training.batchSize. */
  readonly batchSize: number | null;
  /** Supervision steps per puzzle; null takes model.supervisionSteps. */
  readonly supervisionSteps: number | null;
  /** Evaluate the first so many puzzles; null evaluates all. */
  readonly limit: number | null;
}

/** When checkpoints are saved. */
export interface CheckpointConfig {
  /** Save after so many steps; below 1 after such a share of the run; 0 only at the end. */
  readonly every: number;
  /** Checkpoints that stay. */
  readonly keep: number;
}

/** How metrics are written. */
export interface MetricsConfig {
  /** Tables for spreadsheets and data frames, or one JSON object a line. */
  readonly format: "csv" | "jsonl";
  /** Write every so many steps. */
  readonly every: number;
  /** Write TensorBoard event files too. */
  readonly tensorboard: boolean;
}

/** Everything that determines a run, as plain data. */
export interface RunConfig {
  readonly data: DataConfig;
  readonly model: ModelSettings;
  readonly training: TrainingConfig;
  readonly evaluation: EvaluationConfig;
  readonly checkpoints: CheckpointConfig;
  readonly metrics: MetricsConfig;
}

/** A part of a configuration: what is left out keeps its default. */
export type RunConfigChanges = {
  readonly [S in keyof RunConfig]?: S extends "data"
    ? Partial<GeneratedSudoku> | Partial<GeneratedMaze> | Partial<SudokuFiles> | Partial<DatasetFolders>
    : Partial<RunConfig[S]>;
};

/**
 * Changes over a base: fields replace fields. Data of another kind replaces all of the base's data.
 * @example
 * parseRunConfig(mergeConfig(presets["sudoku-6x6"], { model: { hiddenSize: 64 } }));
 */
export function mergeConfig(base: RunConfigChanges, changes: RunConfigChanges): RunConfigChanges {
  const merged: Record<string, unknown> = { ...base };
  for (const [name, change] of Object.entries(changes)) {
    const below = (base as Record<string, unknown>)[name];
    const mergeable = isRecord(below) && isRecord(change);
    const otherKind = name === "data" && mergeable && "kind" in change && change.kind !== below.kind;
    merged[name] = mergeable && !otherKind ? { ...below, ...change } : change;
  }
  return merged;
}

/** Whether a value is a section of fields. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
