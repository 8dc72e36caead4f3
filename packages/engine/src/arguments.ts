/** The arguments of a compiled function: what it checks and knows about the tensors in them. */
import * as tf from "@tensorflow/tfjs";
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

/** Refuses a donated tensor that is used twice: the call would free it while the other use needs it. */
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
export function inputsAt({ tensors }: Arguments, positions: readonly number[]): number[] {
  const at = tensors.flatMap((own, position) => own.map(() => position));
  return [...at.keys()].filter((i) => positions.includes(at[i]!));
}

/**
 * {@link inputsAt} for the arguments that hold examples; undefined without the option.
 *
 * @throws Error if their first dimensions differ
 */
export function batchInputs(
  name: string,
  args: Arguments,
  batch: readonly number[] | undefined,
): number[] | undefined {
  if (batch === undefined) return undefined;
  for (const position of batch) {
    if (args.tensors[position]?.length) continue;
    throw new Error(`compile(${name}): "batch" names argument ${position}, which holds no tensor.`);
  }
  const inputs = inputsAt(args, batch);
  const tensors = args.tensors.flat();
  const first = tensors[inputs[0] ?? -1];
  for (const input of inputs) {
    const tensor = tensors[input]!;
    if (tensor.rank > 0 && tensor.shape[0] === first?.shape[0]) continue;
    throw new Error(
      `compile(${name}): the tensors of "batch" arguments must have the same first dimension, but those at ` +
        `${pathOf(args, first!)} and ${pathOf(args, tensor)} have the shapes [${first?.shape}] and [${tensor.shape}].`,
    );
  }
  return inputs;
}

/** Disposes the tensors of the arguments at these positions. */
export function disposeDonated({ tensors }: Arguments, donate: readonly number[]): void {
  for (const position of donate) for (const tensor of tensors[position] ?? []) tensor.dispose();
}
