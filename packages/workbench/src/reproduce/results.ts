import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { type ReportedVariant, variantVerdict } from "../experiments";
import { mean, textTable } from "../text";

const rowSchema = z.object({
  experiment: z.string(),
  variant: z.string(),
  task: z.string(),
  accuracies: z.array(z.number()),
  paper: z.number().optional(),
}) satisfies z.ZodType<ReportedVariant>;

/** Reads what notebooks reported, oldest first. A row that was reported again replaces the first. */
export function readReport(file: string): ReportedVariant[] {
  if (!existsSync(file)) return [];
  const rows = new Map<string, ReportedVariant>();
  for (const line of readFileSync(file, "utf8").split("\n").filter(Boolean)) {
    const row = rowSchema.parse(JSON.parse(line));
    rows.set(JSON.stringify([row.experiment, row.variant, row.task]), row);
  }
  return [...rows.values()];
}

/** The table at the end of `npm run reproduce`: our accuracy over seeds, the paper's number, the verdict. */
export function resultsTable(rows: readonly ReportedVariant[]): string {
  const head = ["experiment", "variant", "task", "ours %", "seeds", "paper %", "verdict"];
  const lines = rows.map((row) => [
    row.experiment,
    row.variant,
    row.task,
    spread(row.accuracies),
    String(row.accuracies.length),
    row.paper === undefined ? "" : (100 * row.paper).toFixed(1),
    variantVerdict(row, rows),
  ]);
  return textTable(head, lines, [false, false, false, true, true, true, false]);
}

/** `97.0 (95.1 to 98.8)`: the mean and, over several seeds, the lowest and the highest. */
function spread(accuracies: readonly number[]): string {
  if (accuracies.length === 0) return "";
  const text = (100 * mean(accuracies)).toFixed(1);
  if (accuracies.length === 1) return text;
  return `${text} (${(100 * Math.min(...accuracies)).toFixed(1)} to ${(100 * Math.max(...accuracies)).toFixed(1)})`;
}
