/** The batch of a graph: the first dimension of the tensors that hold examples. */
import type { Value } from "./graph";

/** int32 and bool inputs, such as tokens and labels, belong to examples more often than weights do. */
export const isWholeNumber = ({ dtype }: Value): boolean => dtype === "int32" || dtype === "bool";

/** The most frequent first dimension of int32 and bool inputs; 1 if there are none. */
export function batchSize(inputs: readonly Value[]): number {
  const votes = new Map<number, number>();
  for (const { shape } of inputs.filter(isWholeNumber)) {
    if (shape.length > 0) votes.set(shape[0]!, (votes.get(shape[0]!) ?? 0) + 1);
  }
  const [most] = [...votes].sort((a, b) => b[1] - a[1]);
  return most?.[0] ?? 1;
}
