import { type Budget, budgets, type Experiment, planExperiment } from "./experiment";
import { type ExperimentResult, experimentResult } from "./result";
import { type ReportedVariant, reportedVariants, verdictRule } from "./verdict";

/** The results of an experiment on one task. */
export interface TaskResults {
  /** As tables name it, for example "9x9 Sudoku". */
  readonly task: string;
  /** One for each variant, in order; without accuracies where it has no stored run. */
  readonly rows: readonly ReportedVariant[];
}

/** The stored runs of an experiment, as many seeds of each variant as a verdict takes. @throws Error naming a damaged file of one */
export const storedResult = (experiment: Experiment, budget: Budget): ExperimentResult =>
  experimentResult(experiment, budget, planExperiment(experiment, { budget, seeds: verdictRule.seeds }));

/**
 * The stored runs of an experiment on each of its tasks, smallest first; tasks without runs are left out. Nothing trains.
 * @throws Error naming a damaged file of a stored run
 */
export function sideBySide(experiment: Experiment): TaskResults[] {
  const results = budgets
    .filter((budget) => budget !== "smoke")
    .map((budget) => storedResult(experiment, budget))
    .map((result) => ({ task: result.task, rows: reportedVariants(result) }))
    .filter(({ rows }) => rows.some(({ accuracies }) => accuracies.length > 0));
  // Budgets may share a task.
  return [...new Map(results.map((result) => [result.task, result])).values()];
}
