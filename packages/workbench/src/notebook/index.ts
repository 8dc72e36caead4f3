export { check } from "./check";
export { showFigure, showHtml, showMarkdown } from "./display";
export { equalToLibrary } from "./equal";
export { budgetsFrame, storedCurves } from "./experiment-budgets";
export { type CurveChoice, comparisonRows, experimentCurves } from "./experiment-curves";
export { findings, showFindings } from "./experiment-findings";
export { type GridOptions, gridFigure } from "./experiment-grid";
export { swingsFrame } from "./experiment-swings";
export {
  type MeasuredExperiment,
  type MeasuredRun,
  type ResultsRow,
  reportExperiment,
  resultsFrame,
  type Statement,
  showChanges,
  verdictsFrame,
} from "./experiment-table";
export { thinkingCurves, thinkingFrame } from "./experiment-thinking";
export { latentBoardsFigure } from "./latent-boards";
export { type LiveFigure, liveFigure } from "./live";
export { exportResult, myRuns, poolResults } from "./my-runs";
export { predict } from "./predict";
export { report } from "./report";
export { type RunExperimentOptions, runExperiment } from "./run-experiment";
export { type NotebookSettings, notebookSettings } from "./settings";
export { type ShippedModel, shippedModel } from "./shipped-model";
export { findSource, type SourcePiece, showSource } from "./source";
export { showTable, type TableLike, type TableOptions, type TableRows } from "./table";
export { beliefCurves, changeCurves, type OddThought, oddPuzzlesFrame, oddThoughts } from "./thought-frames";
export { trainVariant } from "./train-variant";
export { trainedModel, trainedModels } from "./trained-model";
export { evaluationCurves, evaluationFigure } from "./training-view";
export { keptTrainer, type WatchOptions, watchTraining } from "./watch";
export { type WatchThinkingOptions, watchThinking } from "./watch-thinking";
