import { type Experiment, type PlannedVariant, type PlanOptions, planExperiment } from "./experiment";
import {
  type ExperimentResult,
  experimentResult,
  type MissingRun,
  missingRuns,
  storedPlan,
  type Wanted,
} from "./result";
import { type RunOutcome, type TrainRuns, type TrainRunsOptions, trainRuns } from "./train-runs";

/** Options of {@link trainExperiment}. */
export interface TrainExperimentOptions
  extends Omit<PlanOptions, "seeds">,
    Wanted,
    TrainRunsOptions<MissingRun> {
  /** Runs of each variant. @default all that are stored, at least one */
  readonly seeds?: number;
  /** @default {@link trainRuns}, in processes of this machine */
  readonly train?: TrainRuns;
  /** Told before anything trains. */
  readonly onPlan?: (plan: readonly PlannedVariant[], missing: readonly MissingRun[]) => void;
}

/** The result of an experiment, and the ends of the runs that it trained. */
export interface TrainedExperiment {
  readonly result: ExperimentResult;
  readonly outcomes: ReadonlyMap<MissingRun, RunOutcome>;
}

/**
 * Takes the runs of an experiment from the store and trains those that are missing.
 *
 * The full budget trains one run at a time unless told otherwise: it has a GPU to itself.
 * @throws Error naming what is wrong in the experiment, or the damaged file of a stored run
 */
export async function trainExperiment(
  experiment: Experiment,
  options: TrainExperimentOptions,
): Promise<TrainedExperiment> {
  const { budget, seeds, jobs = budget === "full" ? 1 : undefined, train = trainRuns, onPlan } = options;
  const plan =
    seeds === undefined
      ? storedPlan(experiment, options, options)
      : planExperiment(experiment, { ...options, seeds });
  const missing = missingRuns(plan, options);
  onPlan?.(plan, missing);
  const outcomes = await train(missing, { ...options, ...(jobs !== undefined && { jobs }) });
  return { result: experimentResult(experiment, budget, plan, options), outcomes };
}
