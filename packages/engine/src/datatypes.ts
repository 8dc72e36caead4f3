/** TensorFlow's numbers for data types (`tensorflow/c/tf_datatype.h`) and for attribute types (`tf_attrtype.h`). */

export const DataType = {
  float32: 1,
  float64: 2,
  int32: 3,
  uint8: 4,
  string: 7,
  complex64: 8,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  resource: 20,
} as const;

export const AttrType = { string: 0, int: 1, float: 2, bool: 3, type: 4, shape: 5 } as const;

const names = new Map<number, string>(Object.entries(DataType).map(([name, number]) => [number, name]));

/** The name of a data type for messages, for example `float32`. */
export function dataTypeName(dataType: number): string {
  return names.get(dataType) ?? `TensorFlow data type ${dataType}`;
}

/** The elements of a tensor as text for messages, for example `float32[2,3]`. */
export function describeTensor(dataType: number, shape: readonly number[]): string {
  return `${dataTypeName(dataType)}[${shape.join(",")}]`;
}
