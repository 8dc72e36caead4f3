import { pairVerdict, type ReportedVariant, reportedVariants, type Verdict } from "../experiments";
import { mean } from "../text";
import { showMarkdown } from "./display";
import type { MeasuredExperiment } from "./experiment-table";

const headings: Record<Verdict, string> = {
  agrees: "Agrees with the paper",
  differs: "Differs from the paper",
  undecided: "Undecided",
};

/**
 * What an experiment says, in sentences: each variant's accuracy over its seeds, and the verdict of {@link pairVerdict} on every
 * two variants that the paper compares.
 * @returns Markdown, a list
 * @example
 * const plan = planExperiment(experiments.fewerLayers, { budget: "laptop", seeds: 1 });
 * const result = experimentResult(experiments.fewerLayers, "laptop", plan);
 * findings(result); // "- **Solved, mean of 3 seeds (lowest to highest):** 2 layers 90.4% (86.7 to 92.2); …"
 */
export function findings(measured: MeasuredExperiment): string {
  const rows = reportedVariants(measured);
  const solved = rows.map((row) => `${row.variant} ${accuracyInWords(row)}`).join("; ");
  const counts = [...new Set(rows.map(({ accuracies }) => accuracies.length))];
  const seeds = counts.length === 1 ? `${counts[0]} ${counts[0] === 1 ? "seed" : "seeds"}` : "all seeds";
  const pairs = rows.flatMap((a, i) => rows.slice(i + 1).map((b) => ({ a, b, verdict: pairVerdict(a, b) })));
  const verdicts = (Object.keys(headings) as Verdict[]).flatMap((wanted) => {
    const named = pairs.filter(({ verdict }) => verdict === wanted).map(({ a, b }) => pairInWords(a, b));
    return named.length > 0 ? [`- **${headings[wanted]}:** ${named.join("; ")}.`] : [];
  });
  return [`- **Solved, mean of ${seeds} (lowest to highest):** ${solved}.`, ...verdicts].join("\n");
}

/** Shows {@link findings} under the cell. */
export function showFindings(measured: MeasuredExperiment): void {
  showMarkdown(findings(measured));
}

/** A fraction as `87.4`. */
const points = (share: number): string => (100 * share).toFixed(1);

/** `87.8% (84.0 to 90.2)`. */
export function accuracyInWords({ accuracies }: ReportedVariant): string {
  if (accuracies.length === 0) return "not trained";
  const range = `${points(Math.min(...accuracies))} to ${points(Math.max(...accuracies))}`;
  return `${points(mean(accuracies))}%${accuracies.length > 1 ? ` (${range})` : ""}`;
}

/** `TRM 90.4% against HRM 75.4% (paper: 87.4 and 55.0)`. */
function pairInWords(a: ReportedVariant, b: ReportedVariant): string {
  const ours = [a, b].map(({ variant, accuracies }) =>
    accuracies.length > 0 ? `${variant} ${points(mean(accuracies))}%` : `${variant} not trained`,
  );
  return `${ours.join(" against ")} (paper: ${points(a.paper!)} and ${points(b.paper!)})`;
}
