export { parseRunConfig, type RunConfig, type RunConfigChanges } from "./config";
export { modelConfigFor, openRunData, type RunData } from "./data";
export { LOSS_TOLERANCE, type ParityErrors, type ParityResult, runParity, TENSOR_TOLERANCE } from "./parity";
export { type PresetName, presetConfig, presets } from "./presets";
