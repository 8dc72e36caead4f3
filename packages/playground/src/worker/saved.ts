/** A training as plain data, and back. */
import { disposeTree, mapTree, tf } from "tfjs-compile";
import type { Model } from "trm/model";
import { createRandom } from "trm/random";
import { type HostState, initTrainState, type Trainer, type TrainState } from "trm/trainer";
import { type Configuration, modelOf } from "../configurations";
import { type SavedTraining, trainableModels } from "../protocol";

export type SavedTensor = SavedTraining["tensors"][number];

/** Copies of all tensors of a training. */
export function savedTensors(state: TrainState): SavedTensor[] {
  const tensors: SavedTensor[] = [];
  mapTree(state, (tensor, path) => {
    tensors.push({ path, shape: [...tensor.shape], data: tensor.dataSync() as SavedTensor["data"] });
    return tensor;
  });
  return tensors;
}

/** The state before the first step. */
export const freshState = (model: Model, batchSize: number, seed: number): TrainState =>
  initTrainState(model, model.init(createRandom(seed).fork("weights")), batchSize);

/**
 * The state of saved tensors. Where the number of latents is another one now, the weights go on and all puzzles begin anew.
 *
 * @throws Error where the tensors are not those of the model
 */
export function restoredState(
  model: Model,
  batchSize: number,
  seed: number,
  tensors: readonly SavedTensor[],
): TrainState {
  const saved = new Map(tensors.map((tensor) => [tensor.path, tensor]));
  const fresh = freshState(model, batchSize, seed);
  const sameLatents = Object.keys(fresh.carry.latents).every((name) => saved.has(`carry.latents.${name}`));
  const latents = [...saved.keys()].filter((path) => path.startsWith("carry.latents.")).length;
  const keepsCarry = sameLatents && latents === Object.keys(fresh.carry.latents).length;
  return mapTree(fresh, (tensor, path) => {
    const stored = saved.get(path);
    if (path.startsWith("carry.") && !keepsCarry) return tensor;
    if (stored === undefined && path.startsWith("params.initialLatents.")) return tensor;
    if (stored === undefined || stored.shape.join() !== tensor.shape.join())
      throw new Error(`the saved training does not fit this page: ${path} is missing or has another shape`);
    tensor.dispose();
    return tf.tensor(stored.data, [...stored.shape], tensor.dtype);
  });
}

/** The whole training as plain data. */
export const savedTraining = (
  trainer: Trainer,
  facts: Pick<SavedTraining, "model" | "seed" | "settings" | "seconds">,
): SavedTraining => ({
  version: 1,
  ...facts,
  host: JSON.stringify(trainer.hostState()),
  tensors: savedTensors(trainer.state),
});

/** Checks what a page has stored, perhaps long ago. @throws Error that says what is wrong */
export function checkSaved(configuration: Configuration, saved: SavedTraining): void {
  if (saved.version !== 1 || !trainableModels.includes(saved.model))
    throw new Error("the saved training is of another version of this page");
  const host = JSON.parse(saved.host) as HostState;
  if (!Number.isInteger(host.step)) throw new Error("the saved training is damaged: its step is missing");
  // Throws where the configuration has changed.
  const model = modelOf(configuration, saved.settings.latents);
  disposeTree(restoredState(model, configuration.training.batchSize, 0, saved.tensors));
}
