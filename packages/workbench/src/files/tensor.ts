import { endianness } from "node:os";

/** Any array that can hold the elements of a stored tensor. */
export type TypedArray =
  | Float64Array
  | Float32Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/**
 * The element types files can hold: bytes per element, the array that holds them here, and each format's own name.
 * JavaScript has no half precision, so float16 and bfloat16 stay 16-bit patterns until {@link toFloat32} decodes them.
 */
export const elementTypes = {
  float64: { bytes: 8, array: Float64Array, safetensors: "F64", npy: "<f8", torch: "DoubleStorage" },
  float32: { bytes: 4, array: Float32Array, safetensors: "F32", npy: "<f4", torch: "FloatStorage" },
  float16: { bytes: 2, array: Uint16Array, safetensors: "F16", npy: "<f2", torch: "HalfStorage" },
  bfloat16: { bytes: 2, array: Uint16Array, safetensors: "BF16", npy: null, torch: "BFloat16Storage" },
  int64: { bytes: 8, array: BigInt64Array, safetensors: "I64", npy: "<i8", torch: "LongStorage" },
  int32: { bytes: 4, array: Int32Array, safetensors: "I32", npy: "<i4", torch: "IntStorage" },
  int16: { bytes: 2, array: Int16Array, safetensors: "I16", npy: "<i2", torch: "ShortStorage" },
  int8: { bytes: 1, array: Int8Array, safetensors: "I8", npy: "|i1", torch: "CharStorage" },
  uint64: { bytes: 8, array: BigUint64Array, safetensors: "U64", npy: "<u8", torch: null },
  uint32: { bytes: 4, array: Uint32Array, safetensors: "U32", npy: "<u4", torch: null },
  uint16: { bytes: 2, array: Uint16Array, safetensors: "U16", npy: "<u2", torch: null },
  uint8: { bytes: 1, array: Uint8Array, safetensors: "U8", npy: "|u1", torch: "ByteStorage" },
  bool: { bytes: 1, array: Uint8Array, safetensors: "BOOL", npy: "|b1", torch: "BoolStorage" },
} as const;

export type ElementType = keyof typeof elementTypes;

/** A tensor as files hold it: row-major, `data.length` is the product of `shape` (1 for a scalar, whose shape is `[]`). */
export interface StoredTensor {
  dtype: ElementType;
  shape: readonly number[];
  data: TypedArray;
}

/** The element type that a format calls `name`, or undefined if the format has no such type here. */
export function elementTypeNamed(
  format: "safetensors" | "npy" | "torch",
  name: unknown,
): ElementType | undefined {
  return (Object.keys(elementTypes) as ElementType[]).find((type) => elementTypes[type][format] === name);
}

/**
 * The number of elements of a shape.
 * @throws Error if a dimension is not a whole number from 0 up, or the product is beyond exact integers.
 */
export function elementCount(shape: readonly unknown[]): number {
  let count = 1;
  for (const size of shape) {
    if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
      throw new Error(`the shape has an invalid dimension${typeof size === "number" ? `: ${size}` : ""}`);
    }
    count *= size;
  }
  if (!Number.isSafeInteger(count)) throw new Error("the shape has more elements than any file can hold");
  return count;
}

/** The little-endian bytes of a file as elements; copies only when `bytes` does not start where the type must. */
export function elementsOf(dtype: ElementType, bytes: Uint8Array): TypedArray {
  if (endianness() !== "LE") throw new Error("tensor files are little-endian and this machine is not");
  const { array, bytes: width } = elementTypes[dtype];
  const aligned = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
  return new array(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / width);
}

/** The bytes behind a tensor's data, without a copy. */
export function bytesOf(data: TypedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * Checks that a tensor to be written is what it says: a known dtype, the right array, the right length.
 * @throws Error that names the tensor.
 */
export function checkTensor(name: string, { dtype, shape, data }: StoredTensor): void {
  const type = elementTypes[dtype];
  if (!type) throw new Error(`tensor "${name}" has the unknown dtype "${dtype}"`);
  if (!(data instanceof type.array)) {
    throw new Error(`tensor "${name}" is ${dtype}, so its data must be a ${type.array.name}`);
  }
  if (elementCount(shape) !== data.length) {
    throw new Error(`tensor "${name}" has shape [${shape}] but ${data.length} elements`);
  }
}
