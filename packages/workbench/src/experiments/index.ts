export { catalogue, experiments } from "./catalogue";
export { depthGrid } from "./catalogue/depth";
export {
  type Budget,
  budgets,
  type Experiment,
  type ExperimentTask,
  type PlannedRun,
  type PlannedVariant,
  type PlanOptions,
  planExperiment,
  type Variant,
} from "./experiment";
export { isFinished, type RunFacts, readFacts, writeFacts } from "./facts";
export { runHash } from "./hash";
export { type LoadedRun, loadRun } from "./load";
export { publishRuns } from "./publish";
export {
  type ExperimentResult,
  experimentResult,
  type MissingRun,
  missingRuns,
  storedPlan,
  type VariantResult,
  type Wanted,
} from "./result";
export { type RunProgress, runProgress } from "./run-progress";
export { sideBySide, storedResult, type TaskResults } from "./side-by-side";
export { hasWeights, lastEvaluation, publishedFolder, readRun, runsFolder, type StoredRun } from "./store";
export { type TrainExperimentOptions, type TrainedExperiment, trainExperiment } from "./train-experiment";
export {
  type PendingRun,
  type RunEvent,
  type RunOutcome,
  type RunToTrain,
  removeRun,
  type TrainRuns,
  type TrainRunsOptions,
  trainRuns,
} from "./train-runs";
export { type VariantsOptions, variants } from "./variants";
export {
  clearDifference,
  experimentVerdict,
  pairVerdict,
  type ReportedVariant,
  reportedVariants,
  type Verdict,
  variantVerdict,
  verdictRule,
} from "./verdict";
export { RESULTS_VERSION } from "./version";
export { type ModelScores, readScores, writeModel } from "./write-model";
