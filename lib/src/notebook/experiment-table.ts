import {
  type Budget,
  type Experiment,
  type ExperimentResult,
  planExperiment,
  type StoredRun,
  type VariantResult,
} from "../experiments";
import type { EvaluationRow } from "../runs";
import { differences } from "../runs/resume";
import { report } from "./report";
import { notebookSettings } from "./settings";
import { showTable } from "./table";

/** The accuracy of the averaged weights at the end of a run. */
export function lastEvaluation({ evaluations }: StoredRun): EvaluationRow {
  // A stored run always has it: reading it has checked that.
  return evaluations.filter(({ weights }) => weights === "ema").at(-1)!;
}

/** A row of {@link resultsFrame}; NaN where there is no number. */
export type ResultsRow = Readonly<Record<string, string | number>>;

/**
 * What an experiment gave, a row for each variant, for a danfojs table.
 * @example
 * showTable(new DataFrame(resultsFrame(result)), { digits: 1 });
 */
export function resultsFrame({ variants }: ExperimentResult): ResultsRow[] {
  return variants.map(({ variant, runs }): ResultsRow => {
    const solved = runs.map((run) => 100 * lastEvaluation(run).puzzles);
    return {
      variant: variant.name,
      "solved %": mean(solved),
      "lowest %": runs.length > 0 ? Math.min(...solved) : Number.NaN,
      "highest %": runs.length > 0 ? Math.max(...solved) : Number.NaN,
      seeds: runs.length,
      "paper %": 100 * (variant.paper ?? Number.NaN),
      "half solved at step": mean(runs.map(stepWhenSolved(0.5))),
      parameters: runs[0]?.facts.parameters ?? Number.NaN,
      "minutes of training": mean(runs.map(({ facts }) => facts.seconds / 60)),
      "of one core": mean(runs.map(({ facts }) => facts.processorSeconds / 60)),
    };
  });
}

/** The first evaluation at which so large a share of the held-out puzzles was solved; NaN where none was. */
const stepWhenSolved =
  (share: number) =>
  ({ evaluations }: StoredRun): number =>
    evaluations.find(({ weights, puzzles }) => weights === "ema" && puzzles >= share)?.step ?? Number.NaN;

/** NaN over nothing. */
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Hands the results of an experiment to the table at the end of `npm run reproduce`. */
export function reportExperiment({ experiment, task, variants }: ExperimentResult): void {
  report(
    ...variants.map(({ variant, runs }: VariantResult) => ({
      experiment: experiment.title,
      variant: variant.name,
      task,
      accuracies: runs.map((run) => lastEvaluation(run).puzzles),
      ...(variant.paper !== undefined && { paper: variant.paper }),
    })),
  );
}

/**
 * Shows in what the variants of an experiment differ: a row for each of them, a column for each field.
 * @param budget the scale @default that of {@link notebookSettings}
 */
export function showChanges(experiment: Experiment, budget: Budget = notebookSettings().budget): void {
  const plan = planExperiment(experiment, { budget, seeds: 1 });
  const fields = new Set(
    plan.flatMap(({ config }) => differences(plan[0].config, config).map(([path]) => path)),
  );
  showTable({
    columns: ["variant", ...fields],
    values: plan.map(({ variant, config }) => [
      variant.name,
      ...[...fields].map((path) => valueAt(config, path)),
    ]),
    index: plan.map((_, i) => i),
  });
}

function valueAt(config: object, path: string): unknown {
  const value = path
    .split(".")
    .reduce<unknown>((part, key) => (part as Record<string, unknown>)[key], config);
  return Array.isArray(value) ? value.join(", ") : value;
}
