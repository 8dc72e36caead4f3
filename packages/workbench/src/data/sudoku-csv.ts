import type { Box } from "trm/puzzles";
import { cellName, checkSudoku, formatGrid, parseGrid, type SudokuPuzzle } from "trm/puzzles";
import { type PuzzleRow, puzzleCsv, streamPuzzleRows } from "./csv";

export interface SudokuCsvOptions {
  /** Default `[3, 3]`. */
  readonly box?: Box;
  /** Leave out puzzles with a lower rating (`min_difficulty` of the official builder). */
  readonly minRating?: number;
}

/**
 * Reads a CSV file in the layout of Sudoku-Extreme, `source,question,answer,rating`, row by row. Every answer
 * is checked against the rules and its question.
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
  for await (const row of streamPuzzleRows(path)) {
    const puzzle = readPuzzle(row, box);
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

function readPuzzle({ source, question, answer, rating, where }: PuzzleRow, box: Box): SudokuPuzzle {
  const puzzle = parseGrid(question, box, `${where}: column question`);
  const solution = parseGrid(answer, box, `${where}: column answer`);
  const { solved, conflicts, changedClues } = checkSudoku(solution, box, puzzle);
  if (solved) return { puzzle, solution, rating, source };
  const cell = changedClues[0] ?? conflicts[0] ?? solution.indexOf(0);
  const reason =
    changedClues.length > 0 ? "changes a clue" : conflicts.length > 0 ? "repeats a digit" : "leaves a blank";
  throw new Error(`${where}: column answer: ${reason} at ${cellName(cell, box[0] * box[1])}`);
}
