import { createReadStream } from "node:fs";
import { parse } from "csv-parse";
import { checkSudoku } from "./check";
import type { Box } from "./geometry";
import { formatGrid, parseGrid, place, type SudokuPuzzle } from "./grid";

/** The columns of Sudoku-Extreme (`sapientinc/sudoku-extreme`). */
const COLUMNS = ["source", "question", "answer", "rating"] as const;

export interface SudokuCsvOptions {
  /** Default `[3, 3]`. */
  readonly box?: Box;
  /** Leave out puzzles with a lower rating (`min_difficulty` of the official builder). */
  readonly minRating?: number;
}

/**
 * Reads a CSV file in the layout of Sudoku-Extreme, `source,question,answer,rating`, row by row: a file of any size
 * needs little memory. Every answer is checked against the rules and its question.
 *
 * @throws Error naming file, line and column of what is wrong.
 * @example
 * for await (const { puzzle, solution } of streamSudokuCsv("data/sudoku-hard-test.csv")) { … }
 */
export async function* streamSudokuCsv(
  path: string,
  { box = [3, 3], minRating = Number.NEGATIVE_INFINITY }: SudokuCsvOptions = {},
): AsyncGenerator<SudokuPuzzle, void, undefined> {
  const parser = parse({ info: true, bom: true, skip_empty_lines: true, relax_column_count: true });
  const file = createReadStream(path);
  // pipe() forwards no errors, and an unread error would end the process.
  file.on("error", (error) => parser.destroy(error));
  file.pipe(parser);
  let header = true;
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { lines: number };
    }>) {
      const where = `${path}:${info.lines}`;
      if (header) {
        checkHeader(record, where);
        header = false;
        continue;
      }
      const puzzle = readRow(record, box, where);
      if (puzzle.rating >= minRating) yield puzzle;
    }
  } catch (error) {
    throw named(error, path);
  } finally {
    file.destroy();
  }
  if (header) throw new Error(`${path}: is empty, expected the line ${COLUMNS.join(",")}`);
}

/** The whole file in an array; see {@link streamSudokuCsv}. */
export async function readSudokuCsv(path: string, options?: SudokuCsvOptions): Promise<SudokuPuzzle[]> {
  const puzzles: SudokuPuzzle[] = [];
  for await (const puzzle of streamSudokuCsv(path, options)) puzzles.push(puzzle);
  return puzzles;
}

/** The text of a CSV file that {@link readSudokuCsv} and the official builder read. */
export function sudokuCsv(puzzles: readonly SudokuPuzzle[]): string {
  const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const rows = puzzles.map(({ source, puzzle, solution, rating }) =>
    [quoted(source), formatGrid(puzzle), formatGrid(solution), rating].join(","),
  );
  return `${[COLUMNS.join(","), ...rows].join("\n")}\n`;
}

function checkHeader(record: readonly string[], where: string): void {
  if (record.join(",") !== COLUMNS.join(",")) {
    throw new Error(`${where}: the first line is "${record.join(",")}", expected "${COLUMNS.join(",")}"`);
  }
}

function readRow(record: readonly string[], box: Box, where: string): SudokuPuzzle {
  if (record.length !== COLUMNS.length) {
    throw new Error(
      `${where}: has ${record.length} columns, expected ${COLUMNS.length} (${COLUMNS.join(", ")})`,
    );
  }
  const [source, question, answer, ratingText] = record;
  const puzzle = parseGrid(question, box, `${where}: column question`);
  const solution = parseGrid(answer, box, `${where}: column answer`);
  const { solved, conflicts, changedClues } = checkSudoku(solution, box, puzzle);
  if (!solved) {
    const cell = changedClues[0] ?? conflicts[0] ?? solution.indexOf(0);
    const reason =
      changedClues.length > 0
        ? "changes a clue"
        : conflicts.length > 0
          ? "repeats a digit"
          : "leaves a blank";
    throw new Error(`${where}: column answer: ${reason} at ${place(cell, box[0] * box[1])}`);
  }
  const rating = Number(ratingText);
  if (ratingText.trim() === "" || !Number.isFinite(rating)) {
    throw new Error(`${where}: column rating: "${ratingText}" is not a number`);
  }
  return { puzzle, solution, rating, source };
}

/** Errors of the file system and of the CSV parser do not all name the file. */
function named(error: unknown, path: string): Error {
  const message = error instanceof Error ? error.message : String(error);
  return message.includes(path) && error instanceof Error
    ? error
    : new Error(`${path}: ${message}`, { cause: error });
}
