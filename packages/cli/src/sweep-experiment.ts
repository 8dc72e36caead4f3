import { mergeConfig, type RunConfigChanges } from "trm-workbench/config";
import {
  type Budget,
  type Experiment,
  publishRuns,
  runsFolder,
  trainExperiment,
} from "trm-workbench/experiments";
import type { SweepOptions } from "./sweep-plan";
import { type Swept, type SweptRun, sweptRun, sweptVariant } from "./sweep-table";

/** Options of experiments of the catalogue. */
export interface ExperimentOptions {
  readonly budget: Budget;
  readonly fresh: boolean;
  readonly publish: boolean;
}

/** An experiment with changes of all its variants. */
export function withChanges(experiment: Experiment, budget: Budget, changes: RunConfigChanges): Experiment {
  const { name, base } = experiment.tasks[budget];
  const tasks = { ...experiment.tasks, [budget]: { name, base: mergeConfig(base, changes) } };
  return { ...experiment, tasks };
}

/** Trains the runs of an experiment that the store of the notebooks lacks. */
export async function sweepExperiment(
  experiment: Experiment,
  { budget, fresh, publish }: ExperimentOptions,
  options: SweepOptions,
): Promise<Swept> {
  const started = Date.now();
  const { result, outcomes } = await trainExperiment(withChanges(experiment, budget, options.changes), {
    ...options,
    budget,
    ...(fresh && { since: started }),
    onPlan: (plan, missing) => options.begin(plan.length * options.seeds, missing.length),
  });
  if (publish) publishRuns(result.variants.flatMap(({ runs }) => runs));
  return {
    folder: runsFolder(),
    experiment: experiment.name,
    task: result.task,
    variants: result.variants.map(({ variant, planned, runs }) => {
      const reports = planned.map((run): SweptRun => {
        const trained = [...outcomes].find(([missing]) => missing.hash === run.hash);
        const stored = runs.find(({ hash }) => hash === run.hash);
        return sweptRun({ seed: run.seed, folder: run.hash }, stored, trained?.[1]);
      });
      return sweptVariant(variant.name, reports, variant.paper);
    }),
  };
}
