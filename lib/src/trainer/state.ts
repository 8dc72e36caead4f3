import { mapTree, tf } from "tfjs-compile";
import { type Carry, emptyCarry } from "../model/carry";
import type { Model, ModelParams, Weights } from "../model/model";
import { type AdamState, initAdam } from "./adam-atan2";

/** Everything on the device that training changes; the data position and the random state are the host's. */
export type TrainState = {
  readonly params: ModelParams;
  readonly optimizer: AdamState<Weights>;
  /** Moving average of the weights. */
  readonly ema: Weights;
  readonly carry: Carry;
};

/** The state before the first step. It takes ownership of `params`. */
export function initTrainState(model: Model, params: ModelParams, batchSize: number): TrainState {
  return {
    params,
    optimizer: initAdam(params.weights),
    ema: mapTree(params.weights, (w) => tf.clone(w)),
    carry: emptyCarry(model, batchSize),
  };
}
