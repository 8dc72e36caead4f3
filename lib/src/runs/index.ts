export * from "./config";
export { modelConfigFor, openRunData, parseBox, type RunData, sampleSudokuCsv } from "./data";
export * from "./evaluate";
export * from "./evaluate-arc";
export { fieldDocs } from "./field-docs";
export { type Metrics, type MetricsRow, type MetricsTable, openMetrics, openTable } from "./metrics";
export { readOfficialConfig } from "./official-config";
export { LOSS_TOLERANCE, type ParityErrors, type ParityResult, runParity, TENSOR_TOLERANCE } from "./parity";
export { type PresetName, presetConfig, presetNamed, presets } from "./presets";
export { type Resumable, type RunOptions, type RunResult, resumable, runTraining } from "./run";
export {
  modelConfigOf,
  paramsFrom,
  readWeights,
  type StoredWeights,
  writeWeightsSafetensors,
  writeWeightsTorch,
} from "./weights";
