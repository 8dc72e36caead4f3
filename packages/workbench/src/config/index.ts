export {
  type CheckpointConfig,
  type DataConfig,
  type DatasetFolders,
  type EvaluationConfig,
  type GeneratedMaze,
  type GeneratedSudoku,
  type MetricsConfig,
  type ModelSettings,
  mergeConfig,
  type RunConfig,
  type RunConfigChanges,
  type SudokuFiles,
} from "./config";
export { fieldDocs } from "./field-docs";
export { type PresetName, presetConfig, presetNamed, presets } from "./presets";
export { type ConfigField, configFields, dataKinds, parseRunConfig } from "./schema";
