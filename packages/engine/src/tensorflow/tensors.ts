/** Copies tensors between JavaScript and TensorFlow: one copy each way. */
import type { HostValues } from "../binding";
import { DataType, dataTypeName, describeTensor } from "../datatypes";
import type { TensorFlow } from "./context";
import { check, notNull } from "./errors";
import type { Pointer } from "./ffi";
import { libc } from "./libc";
import { readStrings, stringBytes, stringTensor } from "./strings";

export type Handle = Pointer<"TFE_TensorHandle">;

type NumericArray = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;
interface NumericArrayClass {
  new (length: number): NumericArray;
  readonly BYTES_PER_ELEMENT: number;
}

/** Memory layout of a data type: the class of its arrays, and their numbers per element. */
const layouts: Record<number, { array: NumericArrayClass; perElement: number }> = {
  [DataType.float32]: { array: Float32Array, perElement: 1 },
  [DataType.float64]: { array: Float64Array, perElement: 1 },
  [DataType.int32]: { array: Int32Array, perElement: 1 },
  [DataType.int64]: { array: BigInt64Array, perElement: 1 },
  [DataType.uint8]: { array: Uint8Array, perElement: 1 },
  [DataType.bool]: { array: Uint8Array, perElement: 1 },
  [DataType.complex64]: { array: Float32Array, perElement: 2 },
};

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** A shape as C wants it. */
export function dims(shape: readonly number[]): BigInt64Array {
  return BigInt64Array.from(shape, BigInt);
}

/** Bytes of the elements in TensorFlow's memory (for strings: without the text). */
export function byteLength(dataType: number, shape: readonly number[]): number {
  if (dataType === DataType.string) return sizeOf(shape) * stringBytes;
  const layout = layouts[dataType];
  return layout === undefined ? 0 : sizeOf(shape) * layout.perElement * layout.array.BYTES_PER_ELEMENT;
}

/**
 * Makes a tensor on TensorFlow's side.
 *
 * @param values int64 comes as BigInt64Array, or as Int32Array with the low and high half of each element
 * @throws Error when the shape is impossible, or does not fit the number or the type of the values
 */
export function toTensorFlow(
  tensorflow: TensorFlow,
  shape: readonly number[],
  dataType: number,
  values: HostValues,
): Handle {
  const { c, status } = tensorflow;
  const what = () => `Making a tensor ${describeTensor(dataType, shape)}`;
  if (!shape.every((dimension) => Number.isInteger(dimension) && dimension >= 0)) {
    throw new Error(`${what()}: every dimension must be a whole number that is not negative.`);
  }
  const tensor =
    dataType === DataType.string
      ? stringTensor(tensorflow, shape, values)
      : numericTensor(tensorflow, shape, dataType, values, what);
  try {
    const handle = c.TFE_NewTensorHandle(tensor, status);
    check(c, status, what);
    return notNull(handle, what());
  } finally {
    // The handle keeps the memory; this is only our reference to it.
    c.TF_DeleteTensor(tensor);
  }
}

function numericTensor(
  { c }: TensorFlow,
  shape: readonly number[],
  dataType: number,
  values: HostValues,
  what: () => string,
): Pointer<"TF_Tensor"> {
  const array = asArrayOf(dataType, values, what);
  const bytes = byteLength(dataType, shape);
  if (array.byteLength !== bytes) {
    throw new Error(`${what()}: got ${array.byteLength} bytes of values where ${bytes} are needed.`);
  }
  const tensor = notNull(c.TF_AllocateTensor(dataType, dims(shape), shape.length, bytes), what());
  if (bytes > 0) libc().memcpy(notNull(c.TF_TensorData(tensor), what()), array, bytes);
  return tensor;
}

/** The values in an array of the class that the data type has in memory; converted only if tfjs gave another class. */
function asArrayOf(dataType: number, values: HostValues, what: () => string): NumericArray {
  const layout = layouts[dataType];
  if (layout === undefined)
    throw new Error(`${what()}: ${dataTypeName(dataType)} cannot be made from JavaScript.`);
  if (!ArrayBuffer.isView(values)) {
    throw new Error(
      `${what()}: expected a typed array, got ${Array.isArray(values) ? "an array" : typeof values}.`,
    );
  }
  const array = values as NumericArray;
  if (array instanceof layout.array) return array;
  if (dataType === DataType.int64) {
    return new BigInt64Array(array.buffer.slice(array.byteOffset, array.byteOffset + array.byteLength));
  }
  const converted = new layout.array(array.length);
  for (let i = 0; i < array.length; i++) converted[i] = array[i] as never;
  return converted;
}

/** Copies the elements of a handle to the host. int64 comes as Int32Array, because tfjs has no int64. */
export function fromTensorFlow(tensorflow: TensorFlow, handle: Handle): HostValues {
  const { c, status } = tensorflow;
  const resolved = c.TFE_TensorHandleResolve(handle, status);
  check(c, status, () => "Reading a tensor");
  const tensor = notNull(resolved, "the data of a tensor");
  try {
    const dataType = c.TF_TensorType(tensor);
    if (dataType === DataType.string) return readStrings(tensorflow, tensor);
    const layout = layouts[dataType];
    if (layout === undefined)
      throw new Error(`A tensor of ${dataTypeName(dataType)} cannot be read from JavaScript.`);
    const bytes = c.TF_TensorByteSize(tensor);
    const array = new layout.array(bytes / layout.array.BYTES_PER_ELEMENT);
    if (bytes > 0) libc().memcpy(array, notNull(c.TF_TensorData(tensor), "the data of a tensor"), bytes);
    return array instanceof BigInt64Array ? Int32Array.from(array, Number) : (array as HostValues);
  } finally {
    c.TF_DeleteTensor(tensor);
  }
}
