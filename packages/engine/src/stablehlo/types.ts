/** Writes shapes, element types and numbers in StableHLO. */
import type { GraphDType, HostData, Shape } from "../graph/graph";

/** Type of a tensor: its shape and its element type. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: GraphDType;
}

const elementNames: Partial<Record<GraphDType, string>> = {
  float32: "f32",
  bfloat16: "bf16",
  float64: "f64",
  int32: "i32",
  int64: "i64",
  uint8: "ui8",
  bool: "i1",
};

/** `f32`, `bf16`, `i1`, … @throws Error for strings and complex numbers, which no device computes with */
export function elementText(dtype: GraphDType): string {
  const name = elementNames[dtype];
  if (name === undefined)
    throw new Error(`Tensors of type ${dtype} cannot be part of a program for a device.`);
  return name;
}

/** `tensor<2x3xf32>` */
export function typeText({ shape, dtype }: TensorType): string {
  return `tensor<${[...shape, elementText(dtype)].join("x")}>`;
}

/** An attribute that is a list of whole numbers. */
export function intList(values: readonly number[]): string {
  return values.length === 0 ? "array<i64>" : `array<i64: ${values.join(", ")}>`;
}

export const isFloat = (dtype: GraphDType): boolean =>
  dtype === "float32" || dtype === "bfloat16" || dtype === "float64";

/** Bits of a float in the width of its type: the text form has no infinity and no NaN. */
function floatBits(value: number, dtype: GraphDType): string {
  if (dtype === "float64")
    return `0x${new BigUint64Array(Float64Array.of(value).buffer)[0]!.toString(16).padStart(16, "0")}`;
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  return dtype === "bfloat16"
    ? `0x${(bits >>> 16).toString(16).padStart(4, "0")}`
    : `0x${bits.toString(16).padStart(8, "0")}`;
}

/** One element as text: `1.5`, `-3`, `true`. Floats keep their exact value. */
export function elementLiteral(value: number | bigint, dtype: GraphDType): string {
  if (dtype === "bool") return value ? "true" : "false";
  if (!isFloat(dtype)) return String(value);
  const number = Number(value);
  if (!Number.isFinite(number)) return floatBits(number, dtype);
  if (Object.is(number, -0)) return "-0.0";
  // The grammar requires a decimal point: 1.0e-8.
  const [mantissa = "0", exponent] = String(number).split("e");
  const point = mantissa.includes(".") ? mantissa : `${mantissa}.0`;
  return exponent === undefined ? point : `${point}e${exponent}`;
}

/** The elements of a constant, row by row, or a single one if all are the same. */
export function denseLiteral(data: HostData, { shape, dtype }: TensorType): string {
  if (data.length === 0) return "dense<>";
  if (isUniform(data)) return `dense<${elementLiteral(data[0] as number, dtype)}>`;
  const elements = Array.from(data as Iterable<number | bigint>, (value) => elementLiteral(value, dtype));
  return `dense<${nest(elements, shape)}>`;
}

/** True if all elements are the same (0 and -0 are not). */
export function isUniform(data: HostData): boolean {
  const first = data[0];
  for (let i = 1; i < data.length; i++) if (!Object.is(data[i], first)) return false;
  return true;
}

/** `[[1, 2], [3, 4]]` */
function nest(elements: readonly string[], [size, ...rest]: Shape): string {
  if (size === undefined) return elements[0] ?? "";
  const stride = elements.length / size;
  const rows = Array.from({ length: size }, (_, i) =>
    nest(elements.slice(i * stride, (i + 1) * stride), rest),
  );
  return `[${rows.join(", ")}]`;
}
