export { type AttentionParams, attention } from "./attention";
export { type BatchTensors, type Carry, decideHalt, emptyCarry, refill } from "./carry";
export { checkModelConfig, contextLength, type ModelConfig, paperModel, puzzleTokens } from "./config";
export { linearWeight, type NormalSource, truncatedNormal } from "./init";
export { linear, oneHot, rmsNorm, type SwiGluParams, swiGlu } from "./layers";
export {
  countParameters,
  createModel,
  type Model,
  type ModelOutput,
  type ModelParams,
  type ModelParts,
  type Weights,
} from "./model";
export { attentionBlocks, type BlockParams, type Layer, mlpBlocks, type Network } from "./network";
export { fromOfficialArch, fromStateDict, type OfficialArch, type StateDict, toStateDict } from "./official";
export {
  deepRecursion,
  type LatentRecursion,
  type Latents,
  latentRecursion,
  type Net,
  type Nets,
} from "./recursion";
export { type Recursion, recursions } from "./recursions";
