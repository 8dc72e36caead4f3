import type { Box } from "trm/puzzles";
import {
  cellName,
  checkSudoku,
  formatGrid,
  parseGrid,
  type SudokuPuzzle,
  type SudokuSolver,
  sudokuBoxes,
  sudokuCells,
  sudokuProblem,
  sudokuSolver,
} from "trm/puzzles";
import { type PuzzleRow, puzzleCsv, streamPuzzleRows } from "./csv";

export interface SudokuCsvOptions {
  /** Default `[3, 3]`. */
  readonly box?: Box;
  /** Leave out puzzles with a lower rating (`min_difficulty` of the official builder). */
  readonly minRating?: number;
}

/**
 * Reads a file of Sudokus row by row, such as Sudoku-Extreme's `source,question,answer,rating`; see {@link streamPuzzleRows} for
 * what is read. Every answer is checked against the rules and its question; where the file has none, the puzzle is solved.
 *
 * @throws Error naming file, line and column of what is wrong.
 * @example
 * const file = `${projectFolder}/data/sudoku-hard-test.csv`;
 * for await (const { puzzle, rating } of streamSudokuCsv(file, { minRating: 1 })) console.log(clueCount(puzzle), rating);
 */
export async function* streamSudokuCsv(
  path: string,
  { box = [3, 3], minRating = Number.NEGATIVE_INFINITY }: SudokuCsvOptions = {},
): AsyncGenerator<SudokuPuzzle, void, undefined> {
  const solver = sudokuSolver(box);
  for await (const row of streamPuzzleRows(path)) {
    const puzzle = readPuzzle(row, box, solver);
    if (puzzle.rating >= minRating) yield puzzle;
  }
}

/** The whole file in an array; see {@link streamSudokuCsv}. */
export async function readSudokuCsv(path: string, options?: SudokuCsvOptions): Promise<SudokuPuzzle[]> {
  const puzzles: SudokuPuzzle[] = [];
  for await (const puzzle of streamSudokuCsv(path, options)) puzzles.push(puzzle);
  return puzzles;
}

/** The text of a CSV file that {@link readSudokuCsv} and the official builder read. */
export function sudokuCsv(puzzles: readonly SudokuPuzzle[]): string {
  return puzzleCsv(
    puzzles.map(({ source, puzzle, solution, rating }) => ({
      source,
      question: formatGrid(puzzle),
      answer: formatGrid(solution),
      rating,
    })),
  );
}

function readPuzzle(
  { source, question, answer, rating, where }: PuzzleRow,
  box: Box,
  solver: SudokuSolver,
): SudokuPuzzle {
  const puzzle = parseGrid(question, box, `${where}: column question`);
  if (answer.trim() === "") {
    const { first, guesses } = solver(puzzle);
    if (first) return { puzzle, solution: first, rating: rating || guesses, source };
    throw new Error(`${where}: column question: ${sudokuProblem(puzzle, box)}`);
  }
  const solution = parseGrid(answer, box, `${where}: column answer`);
  const { solved, conflicts, changedClues } = checkSudoku(solution, box, puzzle);
  if (solved) return { puzzle, solution, rating, source };
  const cell = changedClues[0] ?? conflicts[0] ?? solution.indexOf(0);
  const reason =
    changedClues.length > 0 ? "changes a clue" : conflicts.length > 0 ? "repeats a digit" : "leaves a blank";
  throw new Error(`${where}: column answer: ${reason} at ${cellName(cell, box[0] * box[1])}`);
}

/** Rows that are read to learn the box: each answer fits the right one, and nearly never another. */
const ROWS_FOR_BOX = 20;

/**
 * The box of the Sudokus in a file: the one in which their answers keep the rules.
 * @throws Error naming the line of a question whose number of cells no Sudoku has
 */
export async function boxOfPuzzles(path: string): Promise<Box> {
  let boxes: readonly Box[] | undefined;
  let rows = 0;
  for await (const { question, answer, where } of streamPuzzleRows(path)) {
    const cells = sudokuCells(question).length;
    boxes ??= sudokuBoxes(cells);
    if (boxes.length === 0) throw new Error(`${where}: a Sudoku of ${cells} cells is not known`);
    const fits = (box: Box): boolean =>
      answer.trim() === ""
        ? sudokuSolver(box)(parseGrid(question, box, `${where}: column question`)).solutions > 0
        : checkSudoku(parseGrid(answer, box, `${where}: column answer`), box).solved;
    const fitting = boxes.length === 1 ? boxes : boxes.filter(fits);
    // A wrong answer is named when the puzzles are read.
    if (fitting.length === 0) return boxes[0];
    boxes = fitting;
    if (boxes.length === 1 || ++rows === ROWS_FOR_BOX) break;
  }
  if (boxes === undefined) throw new Error(`${path} has no puzzles`);
  return boxes[0];
}
