import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { RunConfig } from "../config";
import {
  type Budget,
  type Experiment,
  type PlannedRun,
  type PlannedVariant,
  type PlanOptions,
  planExperiment,
  type Variant,
} from "./experiment";
import { isFinished } from "./facts";
import { hasWeights, ownFolder, ownRun, publishedRun, type StoredRun } from "./store";
import type { RunToTrain } from "./train-runs";

/** The result of an experiment. */
export interface ExperimentResult {
  readonly experiment: Experiment;
  /** As tables name it, for example "6x6 Sudoku". */
  readonly task: string;
  readonly variants: readonly VariantResult[];
}

/** The result of one variant. */
export interface VariantResult {
  readonly variant: Variant;
  /** With the first seed. */
  readonly config: RunConfig;
  /** The planned runs, one for each seed. */
  readonly planned: readonly PlannedRun[];
  /** One for each seed, as far as they are trained; one's own before those that came with the project. */
  readonly runs: readonly StoredRun[];
  /** Those that came with the project, unless they are copies of one's own. */
  readonly published: readonly StoredRun[];
}

/** Conditions for the use of a stored run. */
export interface Wanted {
  /** Only runs trained since then, milliseconds since 1970, and none that came with the project. */
  readonly since?: number;
  /** Only runs with their weights. */
  readonly weights?: boolean;
}

/** The stored run for a planned one, if there is one that will do. @throws Error naming a damaged file */
export function storedRun(run: PlannedRun, wanted: Wanted = {}): StoredRun | undefined {
  return [ownRun, publishedRun]
    .map((find) => find(run))
    .find((stored) => stored !== undefined && isGood(stored, wanted));
}

function isGood(run: StoredRun, { since, weights }: Wanted): boolean {
  if (since !== undefined && (run.published || Date.parse(run.facts.date) < since)) return false;
  return !weights || hasWeights(run);
}

/** A plan of all stored seeds of every variant; of the first seed where none is stored. @throws as {@link planExperiment} */
export function storedPlan(
  experiment: Experiment,
  options: Omit<PlanOptions, "seeds">,
  wanted: Wanted = {},
): PlannedVariant[] {
  // Planning a run takes milliseconds, so no more of them than may be stored.
  for (let seeds = 4; ; seeds *= 2) {
    const plan = planExperiment(experiment, { ...options, seeds }).map((planned) => {
      const missing = planned.runs.findIndex((run) => storedRun(run, wanted) === undefined);
      return { ...planned, runs: planned.runs.slice(0, missing < 0 ? seeds : Math.max(1, missing)) };
    });
    if (plan.every(({ runs }) => runs.length < seeds)) return plan;
  }
}

/** A run of an experiment that has to be trained. */
export type MissingRun = RunToTrain & PlannedRun;

/**
 * The runs of a plan that are not stored, each once though several variants may share it; seed by seed, so that an early
 * look compares all variants.
 */
export function missingRuns(plan: readonly PlannedVariant[], wanted: Wanted = {}): MissingRun[] {
  const missing = new Map<string, MissingRun>();
  const seeds = Math.max(...plan.map(({ runs }) => runs.length));
  for (let i = 0; i < seeds; i++) {
    for (const { variant, runs } of plan) {
      const run = runs.at(i);
      if (run === undefined || storedRun(run, wanted)) continue;
      const folder = ownFolder(run.hash);
      const restart = isOutdated(folder, wanted);
      const name = `${variant.name}, seed ${run.seed}`;
      missing.set(run.hash, missing.get(run.hash) ?? { ...run, name, folder, restart });
    }
  }
  return [...missing.values()];
}

/** True if the stored part of a missing run cannot be continued: finished, but not as wanted, or begun too early. */
function isOutdated(folder: string, { since = Number.NEGATIVE_INFINITY }: Wanted): boolean {
  const config = join(folder, "config.json");
  // Training writes it at each start.
  return existsSync(config) && (isFinished(folder) || statSync(config).mtimeMs < since);
}

/** Gathers what is stored of a plan. */
export function experimentResult(
  experiment: Experiment,
  budget: Budget,
  plan: readonly PlannedVariant[],
  wanted: Wanted = {},
): ExperimentResult {
  const present = (runs: readonly (StoredRun | undefined)[]) => runs.filter((run) => run !== undefined);
  return {
    experiment,
    task: experiment.tasks[budget].name,
    variants: plan.map(({ variant, config, runs: planned }) => {
      const runs = present(planned.map((run) => storedRun(run, wanted)));
      const dates = runs.filter((run) => !run.published).map(({ facts }) => facts.date);
      const published = present(planned.map(publishedRun)).filter(({ facts }) => !dates.includes(facts.date));
      return { variant, config, planned, runs, published };
    }),
  };
}
