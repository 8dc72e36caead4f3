/** String tensors. TensorFlow keeps each element as a 24-byte `TF_TString`, long texts in memory of their own. */
import type { HostValues } from "../binding";
import { DataType, describeTensor } from "../datatypes";
import type { TensorFlow } from "./context";
import { check, notNull } from "./errors";
import type { Pointer } from "./ffi";
import { libc } from "./libc";
import { bytesField, messageField, numberField } from "./protobuf";

/** `sizeof(TF_TString)`. */
export const stringBytes = 24;

/** Field numbers of `TensorProto` and `TensorShapeProto`. */
const Field = { dataType: 1, shape: 2, stringValue: 8 } as const;
const ShapeField = { dimension: 2 } as const;
const DimensionField = { size: 1 } as const;

/**
 * Makes a tensor of strings from UTF-8 bytes. It goes through a protocol buffer because a tensor made that way frees its
 * long texts; one filled in place with `TF_StringCopy` would leak them.
 */
export function stringTensor(
  { c, status }: TensorFlow,
  shape: readonly number[],
  values: HostValues,
): Pointer<"TF_Tensor"> {
  const what = `Making a tensor ${describeTensor(DataType.string, shape)}`;
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  if (!Array.isArray(values) || !values.every((value) => value instanceof Uint8Array)) {
    throw new Error(`${what}: expected an array of Uint8Array, the UTF-8 bytes of each string.`);
  }
  if (values.length !== count) throw new Error(`${what}: got ${values.length} strings.`);

  const proto = Buffer.concat([
    numberField(Field.dataType, DataType.string),
    messageField(
      Field.shape,
      ...shape.map((size) => messageField(ShapeField.dimension, numberField(DimensionField.size, size))),
    ),
    ...values.map((value) => bytesField(Field.stringValue, value)),
  ]);
  const buffer = notNull(c.TF_NewBufferFromString(proto, proto.length), what);
  // The proto brings its own type and shape; this tensor only receives them.
  const tensor = notNull(c.TF_AllocateTensor(DataType.float32, null, 0, 4), what);
  c.TF_TensorFromProto(buffer, tensor, status);
  c.TF_DeleteBuffer(buffer);
  try {
    check(c, status, () => what);
  } catch (error) {
    c.TF_DeleteTensor(tensor);
    throw error;
  }
  return tensor;
}

/** Copies the UTF-8 bytes of every string of a tensor to JavaScript. */
export function readStrings({ c }: TensorFlow, tensor: Pointer<"TF_Tensor">): Uint8Array[] {
  const start = c.TF_TensorData(tensor);
  return Array.from({ length: c.TF_TensorElementCount(tensor) }, (_, i) => {
    const string = notNull(start, "the strings of a tensor") + BigInt(i * stringBytes);
    const bytes = new Uint8Array(c.TF_StringGetSize(string));
    const text = c.TF_StringGetDataPointer(string);
    if (bytes.length > 0) libc().memcpy(bytes, notNull(text, "the text of a string"), bytes.length);
    return bytes;
  });
}
