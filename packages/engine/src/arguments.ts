/** The arguments of a compiled function: what it checks and knows about the tensors in them. */
import * as tf from "@tensorflow/tfjs";
import { kernelBackend } from "./graph/record";
import { flatten, mapTree } from "./tree";

/** The arguments of one call, with their tensors, which are listed only once. */
export interface Arguments {
  readonly values: readonly unknown[];
  /** The tensors of each argument, in the order of {@link flatten}. */
  readonly tensors: readonly (readonly tf.Tensor[])[];
}

export const argumentsOf = (values: readonly unknown[]): Arguments => ({
  values,
  tensors: values.map(flatten),
});

/**
 * Refuses tensors that cannot be used.
 *
 * @param name of the compiled function, for messages
 */
export function checkTensors(name: string, args: Arguments): void {
  const { tensorInfo } = tf.engine().state;
  for (const tensor of args.tensors.flat()) {
    if (tensor.isDisposed) {
      throw new Error(
        `compile(${name}): the tensor at argument ${pathOf(args, tensor)} is disposed. Donated arguments are, too.`,
      );
    }
    if (!tensorInfo.has(tensor.dataId)) {
      throw new Error(
        `compile(${name}): the tensor at argument ${pathOf(args, tensor)} belongs to another copy of tfjs. Import tf from the engine.`,
      );
    }
  }
}

function pathOf({ values }: Arguments, tensor: tf.Tensor): string {
  let found = "";
  mapTree(values, (other, path) => {
    if (other === tensor) found ||= path;
    return other;
  });
  return found;
}

/** Refuses a donated tensor that is used twice: it would be freed under the other's feet. */
export function checkDonation(name: string, { tensors }: Arguments, donate: readonly number[]): void {
  if (donate.length === 0) return;
  const donated = new Set<tf.Tensor>();
  for (const position of donate) {
    for (const tensor of tensors[position] ?? []) {
      if (donated.has(tensor)) {
        throw new Error(`compile(${name}): argument ${position} donates a tensor twice. Clone it first.`);
      }
      donated.add(tensor);
    }
  }
  tensors.forEach((own, position) => {
    if (!donate.includes(position) && own.some((tensor) => donated.has(tensor))) {
      throw new Error(
        `compile(${name}): argument ${position} holds a tensor that another argument donates. Clone it first.`,
      );
    }
  });
}

/** The indices, among all tensors of the arguments, of those in the arguments at `positions`. */
export function placesOf({ tensors }: Arguments, positions: readonly number[]): number[] {
  const at = tensors.flatMap((own, position) => own.map(() => position));
  return [...at.keys()].filter((i) => positions.includes(at[i]!));
}

/** The inputs that this very call may use up: a clone elsewhere still needs the data that it shares. */
export function donatedInputs(args: Arguments, donate: readonly number[]): ReadonlySet<number> {
  if (donate.length === 0) return new Set();
  const tensors = args.tensors.flat();
  return new Set(placesOf(args, donate).filter((i) => kernelBackend().refCount(tensors[i]!.dataId) === 1));
}

/** Disposes the tensors of the arguments at these positions. */
export function disposeDonated({ tensors }: Arguments, donate: readonly number[]): void {
  for (const position of donate) for (const tensor of tensors[position] ?? []) tensor.dispose();
}
