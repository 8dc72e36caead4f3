/** What a compiled function checks and knows about the tensors in its arguments. */
import * as tf from "@tensorflow/tfjs";
import { kernelBackend } from "./graph/record";
import { flatten, mapTensors } from "./tree";

/**
 * Refuses tensors that cannot be used.
 *
 * @param name of the compiled function, for messages
 */
export function checkTensors(name: string, args: readonly unknown[]): void {
  mapTensors(args, (tensor, path) => {
    if (tensor.isDisposed) {
      throw new Error(
        `compile(${name}): the tensor at argument ${path} is disposed. Donated arguments are, too.`,
      );
    }
    if (!tf.engine().state.tensorInfo.has(tensor.dataId)) {
      throw new Error(
        `compile(${name}): the tensor at argument ${path} belongs to another copy of tfjs. Import tf from the engine.`,
      );
    }
  });
}

/** Refuses a donated tensor that is used twice: it would be freed under the other's feet. */
export function checkDonation(name: string, args: readonly unknown[], donate: readonly number[]): void {
  if (donate.length === 0) return;
  const donated = new Set<tf.Tensor>();
  for (const position of donate) {
    for (const tensor of flatten(args[position])) {
      if (donated.has(tensor)) {
        throw new Error(`compile(${name}): argument ${position} donates a tensor twice. Clone it first.`);
      }
      donated.add(tensor);
    }
  }
  args.forEach((arg, position) => {
    if (!donate.includes(position) && flatten(arg).some((tensor) => donated.has(tensor))) {
      throw new Error(
        `compile(${name}): argument ${position} holds a tensor that another argument donates. Clone it first.`,
      );
    }
  });
}

/** The indices, among all tensors of the arguments, of those in the arguments at `positions`. */
export function placesOf(args: readonly unknown[], positions: readonly number[]): number[] {
  const places: number[] = [];
  let next = 0;
  args.forEach((arg, position) => {
    for (const _ of flatten(arg)) {
      if (positions.includes(position)) places.push(next);
      next++;
    }
  });
  return places;
}

/** The inputs that this very call may use up: a clone elsewhere still needs the data that it shares. */
export function donatedInputs(args: readonly unknown[], donate: readonly number[]): ReadonlySet<number> {
  if (donate.length === 0) return new Set();
  const tensors = flatten(args);
  return new Set(placesOf(args, donate).filter((i) => kernelBackend().refCount(tensors[i]!.dataId) === 1));
}

/** Disposes the tensors of the arguments at these positions. */
export function disposeDonated(args: readonly unknown[], donate: readonly number[]): void {
  for (const position of donate) for (const tensor of flatten(args[position])) tensor.dispose();
}
