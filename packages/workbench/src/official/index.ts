export { fromOfficialArch } from "./arch";
export { isOfficialConfig, readOfficialConfig } from "./config";
export { type LoadedModel, type LoadOptions, loadModel } from "./load-model";
export { isModelFolder, MODEL_WEIGHTS, modelNames, modelsFolder } from "./model-folder";
export { LOSS_TOLERANCE, type ParityErrors, type ParityResult, runParity, TENSOR_TOLERANCE } from "./parity";
export { fromStateDict, type StateDict, toStateDict } from "./state-dict";
export {
  embeddingNotice,
  modelConfigOf,
  paramsFrom,
  readWeights,
  type StoredWeights,
  writeWeightsSafetensors,
  writeWeightsTorch,
  yamlBeside,
} from "./weights";
export { readYaml } from "./yaml";
