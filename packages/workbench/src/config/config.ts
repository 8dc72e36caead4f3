import type { ConfigOf } from "trm/fields";
import type { ModelSettings } from "trm/model";
import type { TrainingConfig } from "trm/trainer";
import type {
  checkpointFields,
  csvFields,
  evaluationFields,
  folderFields,
  mazeFields,
  metricsFields,
  sudokuFields,
} from "./fields";

/** Sudokus generated from a seed; no test puzzle is a symmetric form of a training puzzle. */
export interface GeneratedSudoku extends ConfigOf<typeof sudokuFields> {}

/** Mazes generated from a seed. */
export interface GeneratedMaze extends ConfigOf<typeof mazeFields> {}

/** Sudokus of two CSV files in the layout of Sudoku-Extreme. */
export interface SudokuFiles extends ConfigOf<typeof csvFields> {}

/** Dataset folders in the official layout. */
export interface DatasetFolders extends ConfigOf<typeof folderFields> {}

/** Source of a run's puzzles. */
export type DataConfig = GeneratedSudoku | GeneratedMaze | SudokuFiles | DatasetFolders;

/** Evaluations during a run. */
export interface EvaluationConfig extends ConfigOf<typeof evaluationFields> {}

/** Saving of checkpoints. */
export interface CheckpointConfig extends ConfigOf<typeof checkpointFields> {}

/** Writing of metrics. */
export interface MetricsConfig extends ConfigOf<typeof metricsFields> {}

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

/** True if a value is a section of fields. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
