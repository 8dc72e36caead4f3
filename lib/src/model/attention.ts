import { tf } from "tfjs-compile";
import type { ModelConfig } from "./config";
import { linearWeight, type NormalSource } from "./init";
import { linear, rmsNorm } from "./layers";

/** Weights of self-attention: q, k and v in one product, and the way out. */
export type AttentionParams = {
  /** [3 * D, D], all queries, then all keys, then all values. */
  readonly qkv: tf.Tensor2D;
  /** [D, D] */
  readonly out: tf.Tensor2D;
};

/** Fresh weights for self-attention of width D. */
export function initAttention(config: ModelConfig, random: NormalSource): AttentionParams {
  const { hiddenSize } = config;
  return {
    qkv: linearWeight(3 * hiddenSize, hiddenSize, random),
    out: linearWeight(hiddenSize, hiddenSize, random),
  };
}

/**
 * Multi-head self-attention of every cell to all cells: softmax(q k^T / sqrt(d)) v.
 * Source: models/layers.py, Attention.
 * @param h [B, L, D]
 * @param rotary the rotary table of this sequence length, or null for no rotary positions
 * @returns [B, L, D]
 */
export function attention(
  config: ModelConfig,
  params: AttentionParams,
  h: tf.Tensor3D,
  rotary: RotaryTable | null,
): tf.Tensor3D {
  const [batch, length, size] = h.shape;
  const headSize = size / config.heads;

  // [B, L, 3 * heads, d] -> three of [B, heads, L, d]
  const heads = tf.reshape(linear(h, params.qkv), [batch, length, 3 * config.heads, headSize]);
  const [q, k, v] = tf.split(tf.transpose(heads, [0, 2, 1, 3]), 3, 1);

  const scores = tf.matMul(
    rotate(tf.mul(q, 1 / Math.sqrt(headSize)), rotary),
    rotate(k, rotary),
    false,
    true,
  );
  const mixed = tf.matMul(tf.softmax(scores), v);

  const joined = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch, length, size]) as tf.Tensor3D;
  return linear(config.attentionNorm ? rmsNorm(joined, config.normEpsilon) : joined, params.out);
}

/** Cosines and sines of the rotation angles, both [L, d]. */
export interface RotaryTable {
  readonly cos: tf.Tensor2D;
  readonly sin: tf.Tensor2D;
}

/**
 * Rotary position table: pair i of the head turns by position * theta^(-2i/d).
 * Source: models/layers.py, RotaryEmbedding (the two halves of the head are the pairs' two members).
 */
export function rotaryTable(length: number, headSize: number, theta: number): RotaryTable {
  return tableOf(length, headSize, (position, pair) => position * theta ** ((-2 * pair) / headSize));
}

/**
 * Rotary table of a square grid, of which the first `before` positions are tokens without a place: the first half of the pairs
 * turns by the row, the second by the column, each as in {@link rotaryTable} with half the head's width.
 */
export function gridRotaryTable(side: number, before: number, headSize: number, theta: number): RotaryTable {
  const half = headSize / 4;
  return tableOf(before + side * side, headSize, (position, pair) => {
    const cell = position - before;
    if (cell < 0) return 0;
    const place = pair < half ? Math.floor(cell / side) : cell % side;
    return place * theta ** (-(pair % half) / half);
  });
}

function tableOf(
  length: number,
  headSize: number,
  angleAt: (position: number, pair: number) => number,
): RotaryTable {
  const cos = new Float32Array(length * headSize);
  const sin = new Float32Array(length * headSize);
  for (let position = 0; position < length; position++) {
    for (let i = 0; i < headSize; i++) {
      const angle = angleAt(position, i % (headSize / 2));
      cos[position * headSize + i] = Math.cos(angle);
      sin[position * headSize + i] = Math.sin(angle);
    }
  }
  return { cos: tf.tensor2d(cos, [length, headSize]), sin: tf.tensor2d(sin, [length, headSize]) };
}

/** Turns each pair of h [B, heads, L, d] by its position's angle: h cos + rotateHalf(h) sin. */
function rotate(h: tf.Tensor, rotary: RotaryTable | null): tf.Tensor {
  if (rotary === null) return h;
  const [first, second] = tf.split(h, 2, -1);
  const half = tf.concat([tf.neg(second), first], -1);
  return tf.add(tf.mul(h, rotary.cos), tf.mul(half, rotary.sin));
}
