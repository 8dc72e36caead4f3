import { tf } from "tfjs-compile";

/** Source of initial weights: seeded standard normal numbers. */
export interface NormalSource {
  normal(): number;
}

/** Standard deviation that a standard normal keeps when cut at plus and minus 2 (flax's truncated normal). */
const TRUNCATED_STD = 0.8796256610342398;

/**
 * Normal weights cut at two standard deviations and rescaled, so that their deviation really is `std`.
 * Source: models/common.py, trunc_normal_init_, which corrects PyTorch's own in the same way.
 * @example
 * truncatedNormal([4, 4], 0.5, createRandom(0)).print();
 */
export function truncatedNormal(shape: number[], std: number, random: NormalSource): tf.Tensor {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (let i = 0; i < values.length; i++) {
    let value = random.normal();
    while (Math.abs(value) > 2) value = random.normal();
    values[i] = (value * std) / TRUNCATED_STD;
  }
  return tf.tensor(values, shape, "float32");
}

/**
 * A linear map's weight [out, in] with LeCun's deviation 1/sqrt(in), stored as PyTorch stores it.
 * @example
 * linearWeight(2, 3, createRandom(0)).print(); // [2, 3]
 */
export function linearWeight(outSize: number, inSize: number, random: NormalSource): tf.Tensor2D {
  return truncatedNormal([outSize, inSize], 1 / Math.sqrt(inSize), random) as tf.Tensor2D;
}
