import { Readable } from "node:stream";
import { parse } from "csv-parse";
import { COLUMNS, type ColumnPlaces, findColumns, separatorOf } from "./columns";
import { listedPuzzles } from "./grid-text";
import { textOf } from "./text";

/** One puzzle of a puzzle file. */
export interface PuzzleRow {
  readonly source: string;
  readonly question: string;
  /** Empty where the file has no answers. */
  readonly answer: string;
  /** 0 where the file has no ratings. */
  readonly rating: number;
  /** File and line, for errors. */
  readonly where: string;
}

/** True for a path whose ending says that it holds a list of puzzles: `.csv`, `.tsv`, `.txt`, `.sdk` or `.sdm`, also with `.gz`. */
export const isPuzzleFile = (path: string): boolean => /\.(csv|tsv|txt|sdk|sdm)(\.gz)?$/i.test(path);

/** Characters from which the layout of a file is told. */
const SAMPLE = 65_536;

/**
 * Reads a file of puzzles row by row: a file of any size needs little memory. It has columns, with commas, semicolons or tabs
 * between them and names such as `source,question,answer,rating` in its first line, in any order; or no columns: a puzzle a line,
 * or a row of one. It may be UTF-8 or UTF-16, and packed with gzip.
 *
 * @throws Error naming file, line and column of what is wrong.
 */
export async function* streamPuzzleRows(path: string): AsyncGenerator<PuzzleRow, void, undefined> {
  const chunks = textOf(path);
  try {
    let sample = "";
    while (sample.length < SAMPLE) {
      const { value, done } = await chunks.next();
      if (done) break;
      sample += value;
    }
    const first = sample.split(/\r?\n/).find((line) => line.trim() !== "");
    if (first === undefined) throw new Error(`${path}: is empty, expected the line ${COLUMNS.join(",")}`);
    const separator = separatorOf(first);
    const text = joined(sample, chunks);
    if (separator !== undefined) yield* rowsOfTable(path, text, separator);
    else yield* rowsOfList(path, text);
  } catch (error) {
    throw named(error, path);
  } finally {
    await chunks.return();
  }
}

async function* joined(first: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield first;
  yield* rest;
}

async function* rowsOfTable(
  path: string,
  text: AsyncIterable<string>,
  separator: string,
): AsyncGenerator<PuzzleRow> {
  const parser = parse({
    info: true,
    delimiter: separator,
    skip_empty_lines: true,
    relax_column_count: true,
    // A quote that is never closed would collect the rest of the file in memory.
    max_record_size: 100_000,
  });
  const source = Readable.from(text);
  source.on("error", (error) => parser.destroy(error));
  source.pipe(parser);
  let header: { record: readonly string[]; where: string } | undefined;
  let places: ColumnPlaces | undefined;
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { lines: number };
    }>) {
      // The parser counts up to the end of a record.
      const breaks = record.reduce((sum, field) => sum + field.split("\n").length - 1, 0);
      const where = `${path}:${info.lines - breaks}`;
      if (places === undefined && header === undefined) {
        header = { record, where };
        continue;
      }
      if (places === undefined && header !== undefined) {
        const found = columnsOf(header, record);
        places = found.places;
        if (!found.hasHeader) yield readRow(header.record, places, header);
      }
      if (places && header) yield readRow(record, places, { ...header, where });
    }
    if (header !== undefined && places === undefined) {
      const found = columnsOf(header, []);
      if (!found.hasHeader) yield readRow(header.record, found.places, header);
    }
  } finally {
    source.destroy();
  }
}

function columnsOf(
  { record, where }: { record: readonly string[]; where: string },
  second: readonly string[],
) {
  const found = findColumns(record, second);
  if (found) return found;
  throw new Error(
    `${where}: the first line is "${excerpt(record.join(","))}", expected "${COLUMNS.join(",")}"; ` +
      "rename its columns, of which only question is needed",
  );
}

/** What a message shows of a file's text: no page of it, and nothing that a terminal obeys. */
const excerpt = (text: string): string =>
  `${text.slice(0, 80).replace(/\p{Cc}/gu, "?")}${text.length > 80 ? "…" : ""}`;

function readRow(
  record: readonly string[],
  places: ColumnPlaces,
  { record: header, where }: { readonly record: readonly string[]; readonly where: string },
): PuzzleRow {
  const least = Math.max(places.question, places.answer ?? 0) + 1;
  if (record.length < least) {
    throw new Error(
      `${where}: has ${record.length} columns, expected ${header.length} (${excerpt(header.join(", "))})`,
    );
  }
  const at = (column: keyof ColumnPlaces): string => {
    const place = places[column];
    return (place === undefined ? undefined : record[place]) ?? "";
  };
  const ratingText = at("rating");
  const rating = Number(ratingText);
  if (!Number.isFinite(rating))
    throw new Error(`${where}: column rating: "${excerpt(ratingText)}" is not a number`);
  return { source: at("source"), question: at("question"), answer: at("answer"), rating, where };
}

async function* rowsOfList(path: string, text: AsyncIterable<string>): AsyncGenerator<PuzzleRow> {
  let found = false;
  try {
    for await (const { fields, line } of listedPuzzles(linesOf(text))) {
      found = true;
      const [question, ...others] = fields;
      const rating = others.map(Number).find(Number.isFinite) ?? 0;
      const isAnswer = (text: string) => text.length === question.length && /^[1-9]+$/.test(text);
      const answer = others.find(isAnswer) ?? "";
      yield { source: "", question, answer, rating: rating > 1e9 ? 0 : rating, where: `${path}:${line}` };
    }
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error(`${path}:${error.message}`);
    throw error;
  }
  if (!found) {
    throw new Error(
      `${path} holds no puzzles: expected columns such as ${COLUMNS.join(",")}, or a Sudoku or maze a line`,
    );
  }
}

async function* linesOf(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of text) {
    const lines = (rest + chunk).split(/\r?\n/);
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/**
 * The text of a CSV file in the official layout, as {@link streamPuzzleRows} and the official builders read it.
 */
export function puzzleCsv(rows: readonly Omit<PuzzleRow, "where">[]): string {
  const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = rows.map(({ source, question, answer, rating }) =>
    [quoted(source), question, answer, rating].join(","),
  );
  return `${[COLUMNS.join(","), ...lines].join("\n")}\n`;
}

/** Errors of the file system, of gzip and of the CSV parser do not all name the file. */
function named(error: unknown, path: string): Error {
  const { errno, code, message } = error as NodeJS.ErrnoException;
  if (code?.startsWith("Z_")) return new Error(`${path}: its gzip data is damaged (${message})`);
  if (errno !== undefined) return Object.assign(error as Error, { path });
  return message.includes(path) ? (error as Error) : new Error(`${path}: ${message}`, { cause: error });
}
