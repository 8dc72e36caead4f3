import { sudokuBoxes, sudokuCells } from "trm/puzzles";

/** Sides of grids whose rows are lines of their own. */
const SIDES = [4, 6, 8, 9];

/** True for the text of a whole Sudoku, whatever the signs for its blanks. */
export function isSudokuText(text: string): boolean {
  const cells = sudokuCells(text);
  return /^[0-9.]+$/.test(cells) && sudokuBoxes(cells.length).length > 0;
}

/** True for the text of a whole maze: a square of walls, open cells, start and goal. */
export function isMazeText(text: string): boolean {
  const cells = text.replace(/\r?\n/g, "");
  return /^[# SGo]+$/.test(cells) && cells.includes("S") && Number.isInteger(Math.sqrt(cells.length));
}

/** A puzzle of a list without columns, and the line it begins on. */
export interface ListedPuzzle {
  readonly fields: readonly string[];
  readonly line: number;
}

/**
 * The puzzles of a text without columns: one a line, with its answer and rating behind it where they are known, or one on
 * several lines. Empty lines, drawn lines, and lines of words between puzzles are skipped.
 * @throws SyntaxError naming the line at which a puzzle ends too early
 */
export async function* listedPuzzles(
  lines: AsyncIterable<string>,
): AsyncGenerator<ListedPuzzle, void, undefined> {
  let rows: string[] = [];
  let begin = 0;
  let line = 0;
  const unfinished = () =>
    new SyntaxError(`${begin}: the puzzle that begins here has ${rows.length} of ${rows[0].length} rows`);
  for await (const text of lines) {
    line++;
    const words = text.split(/[\s,;]+/).filter(Boolean);
    if (words.length > 0 && isSudokuText(words[0]) && rows.length === 0) yield { fields: words, line };
    else if (isMazeText(text) && rows.length === 0) yield { fields: [text], line };
    else {
      const row = rowOf(text);
      if (row === undefined && rows.length > 0 && /[\p{L}\d]/u.test(text)) throw unfinished();
      if (row === undefined) continue;
      if (rows.length === 0) begin = line;
      else if (row.length !== rows[0].length) throw unfinished();
      rows.push(row);
      if (rows.length < row.length) continue;
      yield { fields: [rows.join("\n")], line: begin };
      rows = [];
    }
  }
  if (rows.length > 0) throw unfinished();
}

/** One row of a grid; undefined for any other line. */
function rowOf(text: string): string | undefined {
  const line = text.replace(/\r$/, "");
  if (/^#[# SGo]*#$/.test(line) && line.length > 2) return line;
  const cells = line.replace(/[\s|│]/g, "");
  return SIDES.includes(cells.length) && /^[0-9._*-]*[0-9._*][0-9._*-]*$/.test(cells) ? cells : undefined;
}
