export {
  type ArcDatasetOptions,
  type ArcDatasets,
  type ArcSubset,
  arcDatasets,
  type FolderExtras,
  type TestPuzzle,
} from "./arc";
export {
  type Batch,
  checkDataset,
  type Dataset,
  type DatasetBuilder,
  type DatasetMetadata,
  datasetBuilder,
  exampleAt,
  exampleCount,
  groupCount,
  hasAnswers,
  IGNORED_LABEL,
  type MemoryDataset,
  puzzleCount,
  type Rules,
  type Tokens,
} from "./dataset";
export { type PuzzleHints, type PuzzleKind, puzzleKind, rulesOf } from "./kind";
export {
  type MazeDatasetOptions,
  type MazeTask,
  type MazeTaskOptions,
  mazeAugment,
  mazeCells,
  mazeDataset,
  mazeRows,
  mazeTask,
  mazeTokens,
} from "./maze";
export {
  type Augment,
  type SamplerState,
  type TrainSampler,
  type TrainSamplerOptions,
  testBatches,
  trainSampler,
} from "./sample";
export {
  type SudokuDatasetOptions,
  type SudokuTask,
  type SudokuTaskOptions,
  sudokuAugment,
  sudokuDataset,
  sudokuDigits,
  sudokuTask,
  sudokuTokens,
} from "./sudoku";
