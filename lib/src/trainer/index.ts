export { type AdamATan2Config, type AdamRates, type AdamState, adamATan2, initAdam } from "./adam-atan2";
export { type JudgedBatch, puzzleRows, toTensors } from "./batch";
export { checkTrainingConfig, paperTraining, type TrainingConfig } from "./config";
export { updateEma } from "./ema";
export {
  type Answers,
  createReasoner,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type Reasoner,
  reasonStep,
  type StepAccuracy,
  type ThinkingStep,
  type ThinkOptions,
  think,
} from "./evaluate";
export { trainingFields } from "./fields";
export { answerLoss, binaryCrossEntropy, correctness, type LossKind, logProbabilities } from "./losses";
export { muon } from "./muon";
export { deepSupervision, type PuzzleTensors, type SupervisionStep } from "./paper";
export { drawMinSteps, type LiveSettings, stepRates } from "./rates";
export { learningRateAt, type ScheduleConfig } from "./schedule";
export { signSgd } from "./sign-sgd";
export { beliefOf, type SolvedPuzzle, type SolveOptions, slowestPuzzle, solve, type Thought } from "./solve";
export { initTrainState, type TrainState } from "./state";
export { type StepConfig, type StepRates, trainStep } from "./step";
export { lossAndGrads, METRICS } from "./supervise";
export { type EvaluationReport, type History, type TrainOptions, train } from "./train";
export {
  createTrainer,
  type HostState,
  type StepReport,
  type Trainer,
  type TrainerEvaluateOptions,
  type TrainerOptions,
} from "./trainer";
