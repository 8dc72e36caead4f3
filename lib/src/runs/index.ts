export {
  type ChildOptions,
  type ChildOutcome,
  type RunMessage,
  type Trained,
  trainedSchema,
  trainInChild,
} from "./child";
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
export { modelConfigFor, openRunData, parseBox, type RunData, sampleSudokuCsv } from "./data";
export { type RunEnvironment, runEnvironment } from "./environment";
export * from "./evaluate";
export * from "./evaluate-arc";
export { fieldDocs } from "./field-docs";
export { type Metrics, type MetricsRow, type MetricsTable, openMetrics, openTable } from "./metrics";
export { readOfficialConfig } from "./official-config";
export { LOSS_TOLERANCE, type ParityErrors, type ParityResult, runParity, TENSOR_TOLERANCE } from "./parity";
export { type PresetName, presetConfig, presetNamed, presets } from "./presets";
export { type EvaluationRow, readEvaluations, readSteps, type StepColumns } from "./read-metrics";
export { type Resumable, resumable } from "./resume";
export { lockRun, type RunOptions, type RunResult, runTraining } from "./run";
export { type ConfigField, configFields, dataKinds, parseRunConfig } from "./schema";
export {
  embeddingNotice,
  modelConfigOf,
  paramsFrom,
  readWeights,
  type StoredWeights,
  writeWeightsSafetensors,
  writeWeightsTorch,
} from "./weights";
