/** The names that a notebook needs: `import * as trm from "trm-workbench"`. Each room exports all of its own: `trm-workbench/runs` and so on. */
// The names of the engine's variables in environment.md, for notebooks.
import "./engine-variables";

export * from "trm";
export {
  type ExpertUse,
  type ExpertUseOptions,
  expertUse,
  fitLinearProbe,
  type HaltingTime,
  haltingTimes,
  type LatentChange,
  type LatentChangesOptions,
  latentChanges,
  type ProbeOptions,
  probeLatents,
  type Readability,
  readMinds,
} from "./analysis";
export {
  configFields,
  mergeConfig,
  type PresetName,
  parseRunConfig,
  presetConfig,
  presets,
  type RunConfig,
  type RunConfigChanges,
} from "./config";
export { readMazeCsv, readSudokuCsv } from "./data";
export {
  type Budget,
  depthGrid,
  type Experiment,
  type ExperimentResult,
  experiments,
  type LoadedRun,
  loadRun,
  type PlannedRun,
  planExperiment,
  type RunFacts,
  runsFolder,
  type StoredRun,
  type Variant,
  type VariantResult,
} from "./experiments";
export {
  accuracyFigure,
  type ComparisonRow,
  type Curve,
  colors,
  comparisonFigure,
  type Figure,
  haltingFigure,
  heatmapFigure,
  latentChangesFigure,
  linesFigure,
  lossFigure,
  makeFigure,
  mazeFigure,
  mazeStepsFigure,
  mergeSeeds,
  percent,
  readabilityFigure,
  type SudokuStep,
  saveFigure,
  sudokuFigure,
  sudokuStepsFigure,
} from "./figures";
export * from "./notebook";
export { readOfficialConfig, readWeights, runParity, writeWeightsSafetensors } from "./official";
export {
  type DetailedEvaluation,
  evaluateInDetail,
  firstExamples,
  modelConfigFor,
  openRunData,
  type RunData,
  type RunOptions,
  type RunResult,
  runTraining,
  trainingConfigFor,
} from "./runs";
