export {
  openCells,
  orderCorrelations,
  rightFrom,
  type SolvingOrder,
  type StepChanges,
  solvingOrder,
  stepChanges,
} from "./cell-changes";
export {
  allChains,
  type Chain,
  type ChainOptions,
  type ChainStep,
  checkChains,
  type PuzzleChains,
  thinkInChains,
} from "./chains";
export {
  type Choice,
  firstChains,
  type KeepsRules,
  type Method,
  type MethodName,
  methods,
  spentOnAll,
  untilHalt,
} from "./choose";
export {
  answerInChains,
  type ChainEvaluation,
  type ChosenAnswer,
  type EvaluateChainsOptions,
  evaluateChains,
  ruleCheckOf,
} from "./evaluate-chains";
export { type ExpertUse, type ExpertUseOptions, expertUse } from "./expert-use";
export { type HaltingTime, haltingTimes } from "./halting";
export {
  type ArcEvaluation,
  type ArcEvaluationOptions,
  evaluateArc,
  type IdentifierChoice,
  identifiersOf,
  shareColours,
  shareIdentifiers,
  withIdentifiers,
} from "./identifiers";
export { type LatentChange, type LatentChangesOptions, latentChanges } from "./latent-changes";
export { type LatentPath, latentPaths, principalComponents } from "./latent-paths";
export { type ModelSearch, type ModelSearchOptions, searchWithModel } from "./model-search";
export { latentNoise, type NoiseOptions, type Perturb, spoilLatents } from "./noise";
export { type OddPuzzle, oddPuzzles } from "./odd-puzzles";
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
export {
  type BeliefBin,
  beliefBins,
  failuresOf,
  judge,
  type Score,
  scoreMethod,
  scoreOf,
  type Verdict,
} from "./score";
export { candidateMasks, placeSingles, type Single, singles, singlesRounds } from "./singles";
export { type SymmetryGroup, symmetryGroup, type TokenSymmetry } from "./symmetry";
