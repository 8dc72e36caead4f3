import { mean } from "../text";

/** One variant's result, for the table that `npm run reproduce` prints at its end. */
export interface ReportedVariant {
  /** Title of the experiment, for example "Fewer layers". */
  readonly experiment: string;
  readonly variant: string;
  /** Task of the experiment, for example "6x6 Sudoku". */
  readonly task: string;
  /** Share of held-out puzzles solved, from 0 to 1, one for each seed. */
  readonly accuracies: readonly number[];
  /** The paper's number as a fraction; left out where it gives none. */
  readonly paper?: number;
}

/**
 * True if this variant stands above and below the same other variants of its experiment and task as in the paper.
 * Two variants agree if ours are equal, or if the paper has no number for one of them.
 */
export function orderAgrees(row: ReportedVariant, rows: readonly ReportedVariant[]): string {
  const { paper } = row;
  if (paper === undefined || row.accuracies.length === 0) return "";
  const others = rows.filter(
    (other) =>
      other !== row &&
      other.experiment === row.experiment &&
      other.task === row.task &&
      other.accuracies.length > 0 &&
      other.paper !== undefined,
  );
  if (others.length === 0) return "";
  const differs = others.filter((other) => {
    const ours = mean(row.accuracies) - mean(other.accuracies);
    return ours * (paper - (other.paper ?? paper)) < 0;
  });
  return differs.length === 0 ? "agrees" : `differs from ${differs.map(({ variant }) => variant).join(", ")}`;
}
