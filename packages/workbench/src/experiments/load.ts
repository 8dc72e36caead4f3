import { createModel, type Model, type ModelParams } from "trm/model";
import { createReasoner, type Reasoner } from "trm/trainer";
import { paramsFrom, readWeights } from "../official";
import { modelConfigFor, openRunData, type RunData } from "../runs";
import { hasWeights, type StoredRun } from "./store";

/** A trained model with its data, to look into. */
export interface LoadedRun {
  readonly model: Model;
  /** Averaged weights. */
  readonly params: ModelParams;
  /** The model compiled for answering. */
  readonly reasoner: Reasoner;
  readonly data: RunData;
}

/**
 * Loads the averaged weights of a stored run. The caller disposes the reasoner and the parameters, and closes the data.
 * @throws Error when the run came with the project and so has no weights
 * @example no-run
 * const { variants } = await runExperiment(experiments.latents, { weights: true });
 * const { reasoner, params, data } = await loadRun(variants[0].runs[0]);
 * const { bySteps } = await evaluate(reasoner, params, data.test[0], { batchSize: 64, supervisionSteps: 32 });
 */
export async function loadRun(run: StoredRun): Promise<LoadedRun> {
  if (!hasWeights(run)) {
    throw new Error(`${run.folder} has no weights: ask runExperiment for runs with { weights: true }`);
  }
  const data = await openRunData(run.config.data);
  const model = createModel(modelConfigFor(run.config, data));
  const params = paramsFrom(model, readWeights(run.folder, "ema"));
  return { model, params, reasoner: createReasoner(model, run.config.training.precision), data };
}
