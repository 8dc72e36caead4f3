export {
  type ArcAugmentation,
  applyArcAugmentation,
  arcName,
  gridHash,
  pairsHash,
  parseArcName,
  randomArcAugmentation,
  undoArcAugmentation,
} from "./arc/augment";
export { ARC_MAX_SIDE, type ArcPair, type ArcTask, arcRaster, arcRows } from "./arc/task";
export {
  ARC_CORNER,
  ARC_SEQ_LEN,
  ARC_VOCAB_SIZE,
  type ArcPlace,
  arcGrid,
  arcTokens,
  randomArcPlace,
} from "./arc/tokens";
export {
  DIHEDRAL_COUNT,
  DIHEDRAL_INVERSE,
  dihedral,
  inverseDihedral,
  type Raster,
  turnsRows,
} from "./dihedral";
export { distinct, type GenerationProgress } from "./distinct";
export { checkMaze, type MazeCheck, mazeAnswer } from "./maze/check";
export { mazeForm } from "./maze/form";
export { type MazeOptions, mazeGenerator } from "./maze/generate";
export { formatMaze, MAZE, type MazeGrid, type MazePuzzle, mazePicture, parseMaze } from "./maze/maze";
export { canonicalForm, sudokuForm } from "./sudoku/canonical";
export { checkSudoku, type SudokuCheck } from "./sudoku/check";
export { type SudokuDifficulty, type SudokuGeneratorOptions, sudokuGenerator } from "./sudoku/generate";
export { type Box, type Geometry, geometry, sudokuBoxes } from "./sudoku/geometry";
export {
  cellName,
  clueCount,
  formatGrid,
  type Grid,
  parseGrid,
  type SudokuPuzzle,
  sudokuCells,
  sudokuPicture,
} from "./sudoku/grid";
export { sudokuProblem } from "./sudoku/problem";
export { type SearchOptions, type SearchResult, type SudokuSolver, sudokuSolver } from "./sudoku/solve";
export { applySymmetry, randomSymmetry, type SudokuSymmetry } from "./sudoku/symmetry";
