import { type Experiment, type LoadedRun, loadRun } from "../experiments";
import { type RunExperimentOptions, runExperiment } from "./run-experiment";

/**
 * The model of one variant with its averaged weights and its data, to look into. It comes from a run of one's own with the first
 * seed, which is trained now if there is none: the runs that came with the project have no weights.
 *
 * @throws Error naming the nearest variant where there is none of this name, or as `runExperiment` does
 * @example no-run
 * const { reasoner, params, data } = await trainedModel(experiments.mixerOnMazes, "attention");
 */
export async function trainedModel(
  experiment: Experiment,
  variant: string,
  options: Pick<RunExperimentOptions, "budget" | "fresh"> = {},
): Promise<LoadedRun> {
  const chosen = { ...options, variants: [variant], seeds: 1, weights: true, chart: false };
  const result = await runExperiment(experiment, chosen);
  return loadRun(result.variants[0].runs[0]);
}
