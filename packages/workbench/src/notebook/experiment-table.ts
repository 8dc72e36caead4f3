import { passesPerStep } from "trm/model";
import type { RunConfig } from "../config";
import {
  type Budget,
  clearDifference,
  type Experiment,
  lastEvaluation,
  planExperiment,
  type RunFacts,
  reportedVariants,
  type StoredRun,
  type Variant,
  variantVerdict,
} from "../experiments";
import { differences } from "../runs/resume";
import { mean } from "../text";
import { saidOf } from "./predict";
import { report } from "./report";
import { notebookSettings } from "./settings";
import { showTable } from "./table";

/** Data of a run for tables and charts, stored or trained in the notebook. */
export interface MeasuredRun extends Pick<StoredRun, "published" | "evaluations"> {
  readonly facts: Pick<RunFacts, "parameters" | "seconds" | "processorSeconds">;
}

/** Variants side by side: an `ExperimentResult`, or one with variants of one's own. */
export interface MeasuredExperiment {
  readonly experiment: Pick<Experiment, "title">;
  /** As tables name it, for example "6x6 Sudoku". */
  readonly task: string;
  readonly variants: readonly {
    readonly variant: Pick<Variant, "name" | "paper">;
    /** None for a variant that no configuration describes. */
    readonly config?: RunConfig;
    /** One for each seed. */
    readonly runs: readonly MeasuredRun[];
    /** Those that came with the project. */
    readonly published: readonly MeasuredRun[];
  }[];
}

/** A row of {@link resultsFrame}; NaN where there is no number. */
export type ResultsRow = Readonly<Record<string, string | number>>;

/**
 * The result of an experiment as a danfojs table, a row for each variant; with what you said before, if you did ({@link predict}).
 * @example
 * const plan = planExperiment(experiments.fewerLayers, { budget: "laptop", seeds: 1 });
 * const result = experimentResult(experiments.fewerLayers, "laptop", plan);
 * showTable(resultsFrame(result), { digits: 1 });
 */
export function resultsFrame(measured: MeasuredExperiment): ResultsRow[] {
  const reported = reportedVariants(measured);
  const predicted = measured.variants.some(({ variant }) => saidOf(variant.name) !== undefined);
  return measured.variants.map(({ variant, config, runs }, i): ResultsRow => {
    const passes = config && passesPerStep(config.model);
    const solved = runs.map((run) => 100 * lastEvaluation(run).solved);
    return {
      variant: variant.name,
      "solved %": mean(solved),
      ...(predicted && { "you said %": saidOf(variant.name) ?? Number.NaN }),
      "lowest %": runs.length > 0 ? Math.min(...solved) : Number.NaN,
      "highest %": runs.length > 0 ? Math.max(...solved) : Number.NaN,
      seeds: runs.length,
      "paper %": 100 * (variant.paper ?? Number.NaN),
      verdict: variantVerdict(reported[i], reported),
      "half solved at step": mean(runs.map(stepWhenSolved(0.5))),
      parameters: runs[0]?.facts.parameters ?? Number.NaN,
      "network passes per step": passes ? passes.withGradient + passes.withoutGradient : Number.NaN,
      "minutes of training": mean(runs.map(({ facts }) => facts.seconds / 60)),
      "of one core": mean(runs.map(({ facts }) => facts.processorSeconds / 60)),
    };
  });
}

/** A statement about a network, with the values that it must prove itself on: their mean is above 0, or above that of others. */
export interface Statement {
  /** What it is about, such as the name of a network. */
  readonly of: string;
  readonly statement: string;
  /** One for each puzzle or seed. */
  readonly values: readonly number[];
  /** @default zeros */
  readonly others?: readonly number[];
}

/**
 * Statements with a verdict by the rule of experiments: "yes" where the mean is at least 3 standard errors above, "no" where it is
 * so far below, else "undecided".
 * @example
 * showTable(verdictsFrame([{ of: "my network", statement: "more steps solve more", values: [1, 0, 0, 1, 0, 1] }]));
 */
export function verdictsFrame(statements: readonly Statement[]): ResultsRow[] {
  return statements.map(({ of, statement, values, others }): ResultsRow => {
    const { difference, error, sign } = clearDifference(values, others);
    const verdict = sign > 0 ? "yes" : sign < 0 ? "no" : "undecided";
    return { of, statement, mean: difference, "standard error": error, values: values.length, verdict };
  });
}

/** The step of the first evaluation at which so large a share of the held-out puzzles was solved; NaN where none was. */
export const stepWhenSolved =
  (share: number) =>
  ({ evaluations }: Pick<MeasuredRun, "evaluations">): number =>
    evaluations.find(({ weights, solved }) => weights === "ema" && solved >= share)?.step ?? Number.NaN;

/** Hands the results of an experiment to the table at the end of `npm run reproduce`. */
export function reportExperiment(measured: MeasuredExperiment): void {
  report(...reportedVariants(measured));
}

/**
 * Shows in what the variants of an experiment differ: a row for each of them, a column for each field.
 * @param budget amount of training @default that of {@link notebookSettings}
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

/** A field of a configuration by its path; lists as text. */
export function valueAt(config: object, path: string): unknown {
  const value = path
    .split(".")
    .reduce<unknown>((part, key) => (part as Record<string, unknown>)[key], config);
  return Array.isArray(value) ? value.join(", ") : value;
}
