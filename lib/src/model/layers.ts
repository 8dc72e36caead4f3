import { tf } from "tfjs-compile";
import type { ModelConfig } from "./config";
import { linearWeight, type NormalSource } from "./init";

/**
 * Linear map without bias: h W^T over the last axis.
 * @param h [..., in]
 * @param weight [out, in], as in PyTorch
 * @returns [..., out]
 * @throws RangeError when their lengths `in` differ
 * @example
 * linear(tf.tensor2d([[1, 2]]), tf.tensor2d([[1, 1], [0, 1]])).print(); // [[3, 2]]
 */
export function linear<T extends tf.Tensor>(h: T, weight: tf.Tensor2D): T {
  const [outSize, inSize] = weight.shape;
  if (h.shape.at(-1) !== inSize) {
    throw new RangeError(
      `linear: a weight of shape [${weight.shape}] takes vectors of length ${inSize}, and h of shape [${h.shape}] has vectors of ${h.shape.at(-1)}`,
    );
  }
  const leading = h.shape.slice(0, -1);
  const rows = tf.reshape(h, [-1, inSize]) as tf.Tensor2D;
  return tf.reshape(tf.matMul(rows, weight, false, true), [...leading, outSize]) as T;
}

/**
 * RMSNorm without a learned scale: h / sqrt(mean(h^2) + eps) over the last axis.
 * Source: models/layers.py, rms_norm.
 * @example
 * rmsNorm(tf.tensor1d([3, 4]), 1e-5).print(); // [0.85, 1.13]
 */
export function rmsNorm<T extends tf.Tensor>(h: T, epsilon: number): T {
  const meanSquare = tf.mean(tf.square(h), -1, true);
  return tf.mul(h, tf.rsqrt(tf.add(meanSquare, epsilon))) as T;
}

/**
 * Float vectors with a 1 at each index: int32 [...] -> float32 [..., depth].
 * @example
 * oneHot(tf.tensor1d([2, 0], "int32"), 3).print(); // [[0, 0, 1], [1, 0, 0]]
 */
export function oneHot(indices: tf.Tensor, depth: number): tf.Tensor {
  // Asked for float32, tfjs's wasm kernel writes the bits of integers.
  return tf.cast(tf.oneHot(indices as tf.Tensor1D, depth, 1, 0, "int32"), "float32");
}

/** The two weights of a SwiGLU: gate and up in one product, then down. */
export type SwiGluParams = {
  /** [2 * inner, size] */
  readonly gateUp: tf.Tensor2D;
  /** [size, inner] */
  readonly down: tf.Tensor2D;
};

/** Inner width of a SwiGLU: expansion * size * 2/3, rounded, then up to a multiple of `widthMultiple`. */
function swiGluWidth(size: number, { expansion, widthMultiple }: SwiGluConfig): number {
  return Math.ceil(Math.round((expansion * size * 2) / 3) / widthMultiple) * widthMultiple;
}

type SwiGluConfig = Pick<ModelConfig, "expansion" | "widthMultiple">;

/** Fresh weights for a SwiGLU over vectors of length `size`. */
export function initSwiGlu(size: number, config: SwiGluConfig, random: NormalSource): SwiGluParams {
  const inner = swiGluWidth(size, config);
  return { gateUp: linearWeight(2 * inner, size, random), down: linearWeight(size, inner, random) };
}

/**
 * SwiGLU: down( silu(gate(h)) * up(h) ), the feed-forward layer of every block.
 * Source: models/layers.py, SwiGLU.
 * @example
 * const params = { gateUp: tf.ones<tf.Rank.R2>([4, 3]), down: tf.ones<tf.Rank.R2>([3, 2]) };
 * swiGlu(params, tf.ones([1, 3])).print(); // 2 * silu(3) * 3 in every place
 */
export function swiGlu<T extends tf.Tensor>(params: SwiGluParams, h: T): T {
  // Splitting the weight is cheaper than splitting the much larger product.
  const [gate, up] = tf.split(params.gateUp, 2).map((weight) => linear(h, weight as tf.Tensor2D));
  return linear(tf.mul(silu(gate), up) as T, params.down);
}

/** silu(h) = h * sigmoid(h). */
function silu(h: tf.Tensor): tf.Tensor {
  return tf.mul(h, tf.sigmoid(h));
}
