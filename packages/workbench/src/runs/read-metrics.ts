import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { columnOf, EVALUATION_FIELDS, STEP_FIELDS } from "./metrics";

/** A run's `steps.csv`, column by column; NaN where a mean was over nothing. */
export type StepColumns = Readonly<Record<(typeof STEP_FIELDS)[number], readonly number[]>>;

/** A row of a run's `evaluations.csv`. Accuracies are fractions; `seconds` of training came before it. */
export interface EvaluationRow {
  readonly step: number;
  readonly seconds: number;
  readonly weights: "live" | "ema";
  /** Held-out puzzles. */
  readonly count: number;
  readonly solved: number;
  readonly cells: number;
  readonly halting: number;
}

/**
 * Reads what a run wrote about its steps, also of a run under way.
 * @throws Error naming the file, and the line and column of a value that is not a number
 */
export function readSteps(folder: string): StepColumns {
  const rows = readTable(join(folder, "steps"), STEP_FIELDS.map(columnOf));
  const columns = {} as Record<keyof StepColumns, number[]>;
  for (const field of STEP_FIELDS) {
    const column = columnOf(field);
    columns[field] = rows.map(({ cells, where }) => asNumber(cells[column], where, column));
  }
  return columns;
}

/**
 * Reads a run's evaluations, also of a run under way; none where it has not begun.
 * @throws Error naming the file, and the line and column of what is wrong
 */
export function readEvaluations(folder: string): EvaluationRow[] {
  const columns = EVALUATION_FIELDS.map(columnOf);
  return readTable(join(folder, "evaluations"), columns).map(({ cells, where }) => {
    const { weights } = cells;
    if (weights !== "live" && weights !== "ema") {
      throw new Error(`${where}: weights are live or ema, not ${JSON.stringify(weights)}`);
    }
    const value = (column: string) => asNumber(cells[column], where, column);
    return {
      step: value("step"),
      seconds: value("seconds"),
      weights,
      count: value("count"),
      solved: value(columnOf("solved")),
      cells: value("cells"),
      halting: value("halting"),
    };
  });
}

interface TableRow {
  readonly cells: Readonly<Record<string, unknown>>;
  /** File and line, for errors. */
  readonly where: string;
}

/** The rows of a table in either format. A last line without an end is being written: it is left out. */
function readTable(path: string, columns: readonly string[]): TableRow[] {
  const file = [`${path}.csv`, `${path}.jsonl`].find(existsSync);
  if (!file) return [];
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  if (file.endsWith(".jsonl")) {
    return lines.map((line, i) => ({ cells: jsonRow(line, `${file}:${i + 1}`), where: `${file}:${i + 1}` }));
  }
  const [head, ...rows] = lines;
  if (head !== columns.join(",")) throw new Error(`${file}:1: the first line is not "${columns.join(",")}"`);
  return rows.map((line, i) => {
    const where = `${file}:${i + 2}`;
    const values = line.split(",");
    if (values.length !== columns.length) {
      throw new Error(`${where}: it has ${values.length} cells, not ${columns.length}`);
    }
    return { cells: Object.fromEntries(columns.map((column, c) => [column, values[c]])), where };
  });
}

function jsonRow(line: string, where: string): Record<string, unknown> {
  try {
    return { ...JSON.parse(line) };
  } catch {
    throw new Error(`${where}: this is not JSON`);
  }
}

/** An empty cell, or null, is a mean over nothing. */
function asNumber(cell: unknown, where: string, column: string): number {
  if (cell === "" || cell === null) return Number.NaN;
  const value = Number(cell);
  if (Number.isFinite(value)) return value;
  throw new Error(
    `${where}: ${column} is ${cell === undefined ? "missing" : `no number: ${JSON.stringify(cell)}`}`,
  );
}
