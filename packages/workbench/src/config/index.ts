export {
  type CheckpointConfig,
  type DataConfig,
  type DatasetFolders,
  type EvaluationConfig,
  type GeneratedMaze,
  type GeneratedSudoku,
  type MetricsConfig,
  mergeConfig,
  type RunConfig,
  type RunConfigChanges,
  type SudokuFiles,
} from "./config";
export { portable, publicConfig, withFullPaths } from "./data-paths";
export { type ConfigField, configFields, dataKinds } from "./fields";
export { parseData, parseModelSettings, parseRunConfig } from "./parse";
export { type PresetName, presetConfig, presetNamed, presets } from "./presets";
