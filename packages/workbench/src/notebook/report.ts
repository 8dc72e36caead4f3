import { appendFileSync } from "node:fs";

/** One variant's result, for the table that `npm run reproduce` prints at its end. */
export interface ReportRow {
  /** What was compared, for example "Fewer layers". */
  readonly experiment: string;
  readonly variant: string;
  /** What was measured on, for example "6x6 Sudoku". */
  readonly task: string;
  /** Share of held-out puzzles solved, from 0 to 1, one for each seed. */
  readonly accuracies: readonly number[];
  /** The paper's number as a fraction; left out where it gives none. */
  readonly paper?: number;
}

/**
 * Hands results to `npm run reproduce`. In a notebook that the reader runs by hand it does nothing.
 * @throws RangeError for accuracies outside 0 to 1, such as percentages.
 */
export function report(...rows: ReportRow[]): void {
  for (const { experiment, variant, accuracies, paper } of rows) {
    for (const value of [...accuracies, ...(paper === undefined ? [] : [paper])]) {
      if (!(value >= 0 && value <= 1)) {
        throw new RangeError(`${experiment}, ${variant}: accuracies are fractions from 0 to 1, got ${value}`);
      }
    }
  }
  const file = process.env.TRM_REPORT;
  if (file) appendFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}
