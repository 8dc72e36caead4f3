/** Converts attributes and dtypes of tfjs-node's kernels to those of the graph, and back. */
import type { OpAttribute } from "../binding";
import { AttrType, DataType } from "../datatypes";
import type { Attribute, Attributes, GraphDType } from "./graph";

const dtypes = new Map<number, GraphDType>(
  (Object.entries(DataType) as [string, number][])
    .filter(([name]) => name !== "resource")
    .map(([name, number]) => [number, name as GraphDType]),
);

/** The graph's name of a data type of TensorFlow. */
export function dtypeOf(dataType: number): GraphDType {
  const dtype = dtypes.get(dataType);
  if (dtype === undefined)
    throw new Error(`TensorFlow's data type ${dataType} cannot be part of a compiled function.`);
  return dtype;
}

/** TensorFlow's number of a data type of the graph. */
export function dataTypeOf(dtype: GraphDType): number {
  return DataType[dtype];
}

/** The dtype attributes that do not follow from an input. The others (`T`, `Tidx`, …) are dropped, because passes change dtypes. */
const freeDTypes = new Set(["DstT", "Tout", "output_type", "output_dtype", "out_idx"]);

/** The attributes of a kernel's op as a node keeps them. */
export function graphAttributes(op: string, attributes: readonly OpAttribute[]): Attributes {
  const result: Record<string, Attribute> = {};
  for (const { name, type, value } of attributes) {
    if (name === "N" || (type === AttrType.type && !freeDTypes.has(name))) continue;
    // An option that the caller left out; TensorFlow has a default for it.
    if (value === undefined || value === null) continue;
    result[name] = graphAttribute(op, name, type, value);
  }
  return result;
}

function graphAttribute(op: string, name: string, type: number, value: OpAttribute["value"]): Attribute {
  switch (type) {
    case AttrType.bool:
      return { type: "bool", value: Boolean(value) };
    case AttrType.int:
      return Array.isArray(value) ? { type: "ints", value } : { type: "int", value: Number(value) };
    case AttrType.float:
      return { type: "float", value: Number(value) };
    case AttrType.string:
      return { type: "string", value: String(value) };
    case AttrType.type:
      return { type: "dtype", value: dtypeOf(Number(value)) };
    default:
      throw new Error(`${op}: compile() does not know the type of its attribute "${name}".`);
  }
}
