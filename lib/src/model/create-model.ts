import { recursions } from "./ablations";
import { checkModelConfig, type ModelConfig } from "./config";
import { modelWithExperts } from "./experts";
import { buildModel, type Model } from "./model";
import { type Network, networkOf } from "./network";
import type { Recursion } from "./recursion";

/** The components that an ablation may replace. */
export interface ModelParts {
  readonly network?: Network;
  readonly recursion?: Recursion;
}

/**
 * Builds the model that a configuration describes.
 * @param parts components of your own in place of those that the configuration names
 * @throws RangeError naming the field that is impossible
 * @example
 * const model = createModel({ ...paperModel, vocabSize: 11, seqLen: 81, numPuzzleIdentifiers: 1 });
 */
export function createModel(config: ModelConfig, parts: ModelParts = {}): Model {
  checkModelConfig(config);
  const recursion = parts.recursion ?? recursions[config.recursion];
  if (parts.network) return buildModel(config, parts.network, recursion);
  if (config.experts > 1) return modelWithExperts(config, recursion);
  return buildModel(config, networkOf(config), recursion);
}
