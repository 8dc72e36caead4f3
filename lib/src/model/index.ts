export { recursions } from "./ablations";
export { type AttentionParams, attention } from "./attention";
export { type BatchTensors, type Carry, decideHalt, emptyCarry, freshLatents, refill } from "./carry";
export {
  checkModelConfig,
  checkModelRules,
  contextLength,
  hrmModel,
  type ModelConfig,
  type ModelSettings,
  paperModel,
  puzzleTokens,
} from "./config";
export { createModel, type ModelParts } from "./create-model";
export { inputEmbedding } from "./embedding";
export {
  type ExpertsParams,
  mixtureOfExperts,
  type Routing,
  route,
} from "./experts";
export { datasetFields, modelFields } from "./fields";
export { outputHead, qHead } from "./heads";
export { linearWeight, type NormalSource, truncatedNormal } from "./init";
export { linear, oneHot, rmsNorm, type SwiGluParams, swiGlu } from "./layers";
export {
  countParameters,
  type Model,
  type ModelOutput,
  type ModelParams,
  type Weights,
} from "./model";
export {
  type BlockParams,
  type Net,
  type Network,
  type NetworkParams,
  netOf,
  networkOf,
  type SubLayer,
} from "./network";
export { effectiveDepth, type Passes, passesPerStep } from "./passes";
export {
  deepRecursion,
  type Latents,
  latentRecursion,
  type Recursion,
} from "./recursion";
