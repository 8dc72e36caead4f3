// Checked by the typecheck alone: the types of networks, recursions and model configurations.
import { tf } from "tfjs-compile";
import type { Equal, Expect } from "../../../packages/engine/test/expect-type";
import {
  createModel,
  linear,
  linearWeight,
  type Model,
  type ModelConfig,
  type Network,
  paperModel,
  type Recursion,
} from "../../src/model";

const config: ModelConfig = { ...paperModel, vocabSize: 8, seqLen: 36, numPuzzleIdentifiers: 1 };

const oneLayer: Network<tf.Tensor2D> = {
  init: ({ hiddenSize }, random) => linearWeight(hiddenSize, hiddenSize, random),
  apply: (_config, weight) => (h) => tf.tanh(linear(h, weight)),
};
const model = createModel(config, { network: oneLayer });

export type NetworksKeepTheirTypes = [
  Expect<Equal<typeof model, Model>>,
  Expect<Equal<ReturnType<typeof oneLayer.init>, tf.Tensor2D>>,
  Expect<Equal<ReturnType<typeof oneLayer.apply>, (h: tf.Tensor3D) => tf.Tensor3D>>,
];

export const wrongWeights: Network<{ w: tf.Tensor2D }> = {
  // @ts-expect-error: init gives a matrix, not { w }
  init: ({ hiddenSize }, random) => linearWeight(hiddenSize, hiddenSize, random),
  // @ts-expect-error: the weights have no field `v`
  apply: (_config, { v }) => v,
};
// @ts-expect-error: a recursion returns latents, not one tensor
export const wrongRecursion: Recursion["recurse"] = (_net, x) => x;
// @ts-expect-error: this recursion has no latent z
export const withoutZ: Recursion<"y">["recurse"] = (net, x, { y, z }) => ({ y: net.y(x, y, z) });
// @ts-expect-error: the dataset's part of the configuration is missing
createModel(paperModel);
// @ts-expect-error: no such mixer
createModel({ ...config, mixer: "convolution" });
// @ts-expect-error: a model has no part of this name
createModel(config, { net: oneLayer });
// @ts-expect-error: a configuration is not changed in place
config.hiddenSize = 1;
