export { isOfficialConfig, readOfficialConfig } from "./config";
export { LOSS_TOLERANCE, type ParityErrors, type ParityResult, runParity, TENSOR_TOLERANCE } from "./parity";
export {
  fromOfficialArch,
  fromStateDict,
  type OfficialArch,
  type StateDict,
  toStateDict,
} from "./state-dict";
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
