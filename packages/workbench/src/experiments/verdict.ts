import { mean } from "../text";
import type { Experiment, Variant } from "./experiment";
import { lastEvaluation, type StoredRun } from "./store";

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

/** The variants of an experiment with a run for each seed, stored or trained in a notebook. */
interface Compared {
  readonly experiment: Pick<Experiment, "title">;
  readonly task: string;
  readonly variants: readonly {
    readonly variant: Pick<Variant, "name" | "paper">;
    readonly runs: readonly Pick<StoredRun, "evaluations">[];
  }[];
}

/** The accuracies of an experiment's variants, which verdicts are computed from. */
export function reportedVariants({ experiment, task, variants }: Compared): ReportedVariant[] {
  return variants.map(({ variant, runs }) => ({
    experiment: experiment.title,
    variant: variant.name,
    task,
    accuracies: runs.map((run) => lastEvaluation(run).solved),
    ...(variant.paper !== undefined && { paper: variant.paper }),
  }));
}

/** Whether two variants stand to each other as in the paper. */
export type Verdict = "agrees" | "differs" | "undecided";

/** When a difference between two variants counts. */
export const verdictRule = {
  /** Seeds of each variant. */
  seeds: 3,
  /** A variant below this accuracy has not begun to learn, unless the paper's is below it too. */
  floor: 0.1,
  /** Least difference of the means, in standard errors of it: with 3 seeds about the 5% level of Student's t. */
  standardErrors: 3,
} as const;

/**
 * The verdict on two variants of one experiment and task: undecided with too few seeds, before one of them has begun to learn, or
 * where the seeds spread more than the variants differ. See {@link verdictRule}.
 * @returns undefined where the paper has no two different numbers to compare
 */
export function pairVerdict(a: ReportedVariant, b: ReportedVariant): Verdict | undefined {
  if (a.paper === undefined || b.paper === undefined || a.paper === b.paper) return undefined;
  const { seeds, floor } = verdictRule;
  const isReady = ({ accuracies, paper = 1 }: ReportedVariant) =>
    accuracies.length >= seeds && (mean(accuracies) >= floor || paper < floor);
  if (!isReady(a) || !isReady(b)) return "undecided";
  const { sign } = clearDifference(a.accuracies, b.accuracies);
  if (sign === 0) return "undecided";
  return sign * (a.paper - b.paper) > 0 ? "agrees" : "differs";
}

/**
 * The mean of values less that of others, its standard error, and its sign; the sign is 0 where the difference does not count by
 * {@link verdictRule}, as with a single value.
 * @param others @default zeros: a difference that was taken value by value
 * @example
 * clearDifference([0.9, 0.91, 0.92], [0.5, 0.6, 0.7]).sign; // 1
 */
export function clearDifference(
  values: readonly number[],
  others?: readonly number[],
): { readonly difference: number; readonly error: number; readonly sign: -1 | 0 | 1 } {
  const difference = mean(values) - (others ? mean(others) : 0);
  const error = Math.sqrt(squaredError(values) + (others ? squaredError(others) : 0));
  const counts = difference !== 0 && Math.abs(difference) >= verdictRule.standardErrors * error;
  return { difference, error, sign: counts ? (difference > 0 ? 1 : -1) : 0 };
}

/** Square of the standard error of a mean; NaN of a single value. */
function squaredError(values: readonly number[]): number {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return squares / (values.length - 1) / values.length;
}

/** The verdicts on a variant and each other one of its experiment and task, in words; "" where there is nothing to compare. */
export function variantVerdict(row: ReportedVariant, rows: readonly ReportedVariant[]): string {
  const others = rows.filter(
    (other) => other !== row && other.experiment === row.experiment && other.task === row.task,
  );
  return inWords(others.map((other) => [other.variant, pairVerdict(row, other)]));
}

/** The verdicts on all pairs of variants of one experiment and task, in words; "" where there is nothing to compare. */
export function experimentVerdict(rows: readonly ReportedVariant[]): string {
  const pairs = rows.flatMap((a, i) =>
    rows.slice(i + 1).map((b): [ReportedVariant, ReportedVariant] => [a, b]),
  );
  return inWords(pairs.map(([a, b]) => [`${a.variant} / ${b.variant}`, pairVerdict(a, b)]));
}

/** One word where all verdicts are the same; else the names behind each word, those that agree as a number. */
function inWords(verdicts: readonly (readonly [name: string, verdict: Verdict | undefined])[]): string {
  const named = (wanted: Verdict) =>
    verdicts.filter(([, verdict]) => verdict === wanted).map(([name]) => name);
  const [agrees, differs, undecided] = [named("agrees"), named("differs"), named("undecided")];
  const total = agrees.length + differs.length + undecided.length;
  if (agrees.length === total) return total === 0 ? "" : "agrees";
  if (undecided.length === total) return "undecided";
  if (differs.length === total && total === 1) return "differs";
  return [
    differs.length > 0 && `differs: ${differs.join(", ")}`,
    undecided.length > 0 && `undecided: ${undecided.join(", ")}`,
    agrees.length > 0 && `agrees: ${agrees.length} of ${total}`,
  ]
    .filter(Boolean)
    .join("; ");
}
