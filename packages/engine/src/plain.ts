/** Calls of compiled functions that run the function as it is. */
import * as tf from "@tensorflow/tfjs";
import { argumentsOf, disposeDonated } from "./arguments";
import { learning } from "./autodiff";
import { flatten, mapTree } from "./tree";

/**
 * Runs the function with the same ownership of results as a program: new tensors, everything else tidied away.
 *
 * @param keep whether donated arguments stay, as a recording still needs them; a gradient tape always does
 */
export function runPlain<A extends unknown[], R>(
  fn: (...args: A) => R,
  args: A,
  donate: readonly number[],
  keep = false,
): R {
  let result: unknown;
  tf.tidy(() => {
    result = mapTree(fn(...args), (tensor) => tensor.clone());
    return flatten(result);
  });
  if (!keep && !learning()) disposeDonated(argumentsOf(args), donate);
  return result as R;
}
