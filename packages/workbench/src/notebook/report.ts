import { appendFileSync } from "node:fs";
import type { ReportedVariant } from "../experiments";

/**
 * Hands results to `npm run reproduce`. In a notebook that the reader runs by hand it does nothing.
 * @throws RangeError for accuracies outside 0 to 1, such as percentages.
 */
export function report(...rows: ReportedVariant[]): void {
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
