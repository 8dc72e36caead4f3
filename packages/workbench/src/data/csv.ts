import { createReadStream } from "node:fs";
import { parse } from "csv-parse";

/** The columns of the official puzzle files, Sudoku-Extreme and Maze-Hard. */
const COLUMNS = ["source", "question", "answer", "rating"] as const;

/** One row of a puzzle file. */
export interface PuzzleRow {
  readonly source: string;
  readonly question: string;
  readonly answer: string;
  readonly rating: number;
  /** File and line, for errors. */
  readonly where: string;
}

/**
 * Reads a CSV file with the columns `source,question,answer,rating` row by row: a file of any size needs
 * little memory.
 *
 * @throws Error naming file, line and column of what is wrong.
 */
export async function* streamPuzzleRows(path: string): AsyncGenerator<PuzzleRow, void, undefined> {
  const parser = parse({
    info: true,
    bom: true,
    skip_empty_lines: true,
    relax_column_count: true,
    // A quote that is never closed would collect the rest of the file in memory.
    max_record_size: 100_000,
  });
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
      if (header) checkHeader(record, where);
      else yield readRow(record, where);
      header = false;
    }
  } catch (error) {
    throw named(error, path);
  } finally {
    file.destroy();
  }
  if (header) throw new Error(`${path}: is empty, expected the line ${COLUMNS.join(",")}`);
}

/**
 * The text of a CSV file in the same layout, as {@link streamPuzzleRows} and the official builders read it.
 */
export function puzzleCsv(rows: readonly Omit<PuzzleRow, "where">[]): string {
  const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = rows.map(({ source, question, answer, rating }) =>
    [quoted(source), question, answer, rating].join(","),
  );
  return `${[COLUMNS.join(","), ...lines].join("\n")}\n`;
}

function checkHeader(record: readonly string[], where: string): void {
  if (record.join(",") !== COLUMNS.join(",")) {
    throw new Error(`${where}: the first line is "${record.join(",")}", expected "${COLUMNS.join(",")}"`);
  }
}

function readRow(record: readonly string[], where: string): PuzzleRow {
  if (record.length !== COLUMNS.length) {
    throw new Error(
      `${where}: has ${record.length} columns, expected ${COLUMNS.length} (${COLUMNS.join(", ")})`,
    );
  }
  const [source, question, answer, ratingText] = record;
  const rating = Number(ratingText);
  if (ratingText.trim() === "" || !Number.isFinite(rating)) {
    throw new Error(`${where}: column rating: "${ratingText}" is not a number`);
  }
  return { source, question, answer, rating, where };
}

/** Errors of the file system and of the CSV parser do not all name the file. */
function named(error: unknown, path: string): Error {
  const { errno, message } = error as NodeJS.ErrnoException;
  if (errno !== undefined) return Object.assign(error as Error, { path });
  return message.includes(path) ? (error as Error) : new Error(`${path}: ${message}`, { cause: error });
}
