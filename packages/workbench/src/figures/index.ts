export { type ArcBoard, type ArcFigureOptions, arcFigure } from "./arc";
export { type ComparisonOptions, type ComparisonRow, comparisonFigure } from "./bars";
export {
  accuracyFigure,
  type Curve,
  type CurvesOptions,
  type LossOptions,
  lossFigure,
  mergeSeeds,
} from "./curves";
export { type HaltingCounts, haltingFigure } from "./halting";
export { type HeatmapOptions, heatmapFigure } from "./heatmap";
export { type ChangeOfLatent, latentChangesFigure } from "./latent-changes";
export { type LinesOptions, linesFigure } from "./lines";
export { type MazeAnswer, type MazeThought, mazeFigure, mazeStepsFigure, mazeThinkingFigure } from "./maze";
export { committedFigures, figuresFolder } from "./paths";
export { type PointSeries, type PointsOptions, pointsFigure } from "./points";
export { type ReadabilityOptions, type ReadLatent, readabilityFigure } from "./readability";
export { closeRenderer, renderPng, saveFigure } from "./render";
export {
  type SudokuAnswer,
  type SudokuStep,
  type SudokuThought,
  sudokuFigure,
  sudokuStepsFigure,
  sudokuThinkingFigure,
} from "./sudoku";
export {
  colors,
  type Figure,
  type Heading,
  makeFigure,
  palette,
  percent,
  sequential,
  withOpacity,
} from "./theme";
export { type TrajectoriesOptions, type Trajectory, trajectoriesFigure } from "./trajectories";
