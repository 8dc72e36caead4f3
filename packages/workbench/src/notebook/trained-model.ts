import { type Experiment, type LoadedRun, loadRun } from "../experiments";
import { type RunExperimentOptions, runExperiment } from "./run-experiment";

type TrainedOptions = Pick<RunExperimentOptions, "budget" | "fresh">;

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
  options: TrainedOptions = {},
): Promise<LoadedRun> {
  const [[model]] = await trainedModels(experiment, [variant], { ...options, seeds: 1 });
  return model;
}

/** As {@link trainedModel}, of several variants: for each, one model per seed. They train side by side. */
export async function trainedModels(
  experiment: Experiment,
  variants: readonly string[],
  options: TrainedOptions & { readonly seeds: number },
): Promise<LoadedRun[][]> {
  const result = await runExperiment(experiment, { ...options, variants, weights: true, chart: false });
  return Promise.all(result.variants.map(({ runs }) => Promise.all(runs.map(loadRun))));
}
