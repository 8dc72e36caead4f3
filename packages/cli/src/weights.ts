import { type LoadedModel, type LoadOptions, loadModel, modelNames } from "trm-workbench/official";
import { readConfig } from "./options";

/** Help text for an argument that names trained weights. */
export const weightsArgument = (): string =>
  `a model of the project (${modelNames().join(", ")}), a run's folder, a checkpoint, a .safetensors file, or a PyTorch file of the official code`;

/** As `loadModel`, with a preset or a configuration file for what the weights do not say. */
export function loadWeights(
  nameOrPath: string,
  { config, ...options }: Omit<LoadOptions, "changes"> & { readonly config?: string },
): LoadedModel {
  return loadModel(nameOrPath, { ...options, ...(config && { changes: readConfig(config) }) });
}
