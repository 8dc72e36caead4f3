export {
  type ChildOptions,
  type ChildOutcome,
  trainInChild,
} from "./child";
export {
  digestsOf,
  modelConfigFor,
  openRunData,
  parseBox,
  type RunData,
  sampleSudokuCsv,
  trainingConfigFor,
} from "./data";
export { engineOptionsFor, type RunEnvironment, runEnvironment } from "./environment";
export {
  byDifficulty,
  constantHalting,
  copiedCells,
  type DetailedEvaluation,
  type DetailedOptions,
  type DifficultyAccuracy,
  evaluateInDetail,
  firstExamples,
  type PuzzleOutcome,
} from "./evaluate";
export { type ArcResult, type ArcSubmission, type ArcVotes, arcVotes, PASS_AT } from "./evaluate-arc";
export { type Metrics, type MetricsRow, type MetricsTable, openMetrics, openTable } from "./metrics";
export { type EvaluationRow, readEvaluations, readSteps, type StepColumns } from "./read-metrics";
export { differences, type Resumable, resumable } from "./resume";
export { lockRun, type RunOptions, type RunResult, runTraining, trainingProcess } from "./run-training";
export { type RunMessage, type Trained, type TrainingRequest, trainFolder, trainingWorker } from "./worker";
