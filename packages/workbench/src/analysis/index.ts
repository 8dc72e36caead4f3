export { type ExpertUse, type ExpertUseOptions, expertUse } from "./expert-use";
export { type HaltingTime, haltingTimes } from "./halting";
export { type LatentChange, type LatentChangesOptions, latentChanges } from "./latent-changes";
export {
  type Decoder,
  fitLinearProbe,
  headDecoder,
  type Mind,
  type ProbeOptions,
  probeLatents,
  type Readability,
  readMinds,
} from "./probe";
