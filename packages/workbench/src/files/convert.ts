import type { StoredTensor } from "./tensor";

// One 32-bit word seen both ways turns bit patterns into numbers without any arithmetic.
const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** A bfloat16 pattern is the upper half of the float32 with the same value. */
export function decodeBfloat16(pattern: number): number {
  word[0] = pattern << 16;
  return float[0];
}

/** Rounds to the nearest bfloat16, ties to even, as PyTorch does; NaN stays NaN. */
export function encodeBfloat16(value: number): number {
  float[0] = value;
  const bits = word[0];
  if (Number.isNaN(value)) return ((bits >>> 16) | 0x40) & 0xffff;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** IEEE half precision: 1 sign, 5 exponent and 10 fraction bits. */
export function decodeFloat16(pattern: number): number {
  const sign = pattern & 0x8000 ? -1 : 1;
  const exponent = (pattern >>> 10) & 0x1f;
  const fraction = pattern & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/**
 * A tensor's values as float32: what a model computes with, whatever precision the file was saved in.
 * @returns the tensor's own array when it is float32 already, otherwise a new one of the same length.
 */
export function toFloat32({ dtype, data }: StoredTensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (dtype === "bfloat16") return Float32Array.from(data as Uint16Array, decodeBfloat16);
  if (dtype === "float16") return Float32Array.from(data as Uint16Array, decodeFloat16);
  return data instanceof BigInt64Array || data instanceof BigUint64Array
    ? Float32Array.from(data, Number)
    : Float32Array.from(data);
}

/**
 * A tensor's values as int32: tokens, identifiers and indices, whatever integer type the file holds.
 * @throws Error if the tensor is not of an integer type or a value does not fit 32 bits.
 */
export function toInt32({ dtype, data }: StoredTensor): Int32Array {
  if (data instanceof Int32Array) return data;
  if (/float/.test(dtype)) throw new Error(`whole numbers are needed here, and the file holds ${dtype}`);
  const out = new Int32Array(data.length);
  if (data instanceof BigInt64Array) {
    // Read as pairs of 32-bit words, because a BigInt per element would take twenty times as long.
    const words = new Int32Array(data.buffer, data.byteOffset, 2 * data.length);
    for (let i = 0; i < out.length; i++) {
      out[i] = words[2 * i];
      if (words[2 * i + 1] !== out[i] >> 31)
        throw new Error(`element ${i} is ${data[i]}, which does not fit 32 bits`);
    }
    return out;
  }
  for (let i = 0; i < data.length; i++) {
    out[i] = Number(data[i]);
    if (out[i] !== Number(data[i])) throw new Error(`element ${i} is ${data[i]}, which does not fit 32 bits`);
  }
  return out;
}
