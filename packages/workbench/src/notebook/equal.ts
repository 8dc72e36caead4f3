import { flatten, type TensorTree, tf } from "tfjs-compile";

/** Share of the largest number by which two computations of the same thing may differ in float32. */
const TOLERANCE = 1e-4;

/**
 * Prints whether a result of the reader's own code equals the library's, and by how much the two differ.
 * @param mine a tensor, or tensors in arrays and plain objects
 * @param library what the library computes from the same weights and puzzles, in the same form
 * @example
 * equalToLibrary(tf.softplus(tf.scalar(0)), tf.scalar(Math.LN2)); // equal to the library's: true
 */
export function equalToLibrary(mine: TensorTree, library: TensorTree): void {
  const { equal, why } = compared(flatten(mine), flatten(library));
  console.log(`equal to the library's: ${equal} (${why})`);
}

function compared(
  mine: readonly tf.Tensor[],
  library: readonly tf.Tensor[],
): { equal: boolean; why: string } {
  const [shapes, wanted] = [mine, library].map((tensors) =>
    tensors.map(({ shape }) => `[${shape.join(", ")}]`).join(" "),
  );
  if (shapes !== wanted) return { equal: false, why: `shapes ${shapes} where the library has ${wanted}` };
  const [differences, sizes] = tf.tidy(() => [
    mine.map((tensor, i) => largest(tf.sub(tensor, library[i]))),
    library.map(largest),
  ]);
  const difference = Math.max(...differences);
  const size = Math.max(...sizes);
  return {
    equal: differences.every((each, i) => each <= TOLERANCE * sizes[i]),
    why: `largest difference ${difference.toExponential(0)}, largest number ${size.toPrecision(2)}`,
  };
}

/** The largest magnitude, NaN where a number is none. */
const largest = (tensor: tf.Tensor): number =>
  Array.from<number>(tensor.dataSync()).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
