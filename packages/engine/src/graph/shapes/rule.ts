/** Common parts of all shape rules: their type, and readers of attributes and constant inputs. */
import { type Attributes, constantData, type GraphDType, printValue, type Shape, type Value } from "../graph";

/** A node without its outputs. */
export interface Call {
  readonly op: string;
  readonly attributes: Attributes;
  readonly inputs: readonly Value[];
  readonly numOutputs: number;
}

/** Type of a tensor that does not exist yet. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: GraphDType;
}

/** Shapes and dtypes of the outputs of a call. */
export type ShapeRule = (call: Call) => readonly TensorType[];

/** Rules by operation name. */
export type ShapeRules = Readonly<Record<string, ShapeRule>>;

/** An error that names the operation and its inputs. */
export function shapeError(call: Call, problem: string): Error {
  return new Error(`${call.op}(${call.inputs.map(printValue).join(", ")}): ${problem}`);
}

export function input(call: Call, index: number): Value {
  const value = call.inputs[index];
  if (value === undefined) throw shapeError(call, `it needs at least ${index + 1} inputs`);
  return value;
}

/** The numbers of an input that must be known while recording, such as axes or a target shape. */
export function constantInts(call: Call, index: number): number[] {
  const data = constantData(input(call, index));
  if (data === undefined) {
    throw shapeError(
      call,
      `input ${index} decides the shape of the result, so it must be known while compiling. ` +
        "Compute it from plain numbers, not from tensors.",
    );
  }
  return Array.from(data as Iterable<number | bigint>, Number);
}

export function constantInt(call: Call, index: number): number {
  return constantInts(call, index)[0] ?? 0;
}

export function intAttribute(call: Call, name: string, fallback: number): number {
  const attribute = call.attributes[name];
  return attribute?.type === "int" ? attribute.value : fallback;
}

export function intsAttribute(call: Call, name: string): readonly number[] | undefined {
  const attribute = call.attributes[name];
  return attribute?.type === "ints" ? attribute.value : undefined;
}

export function boolAttribute(call: Call, name: string): boolean {
  const attribute = call.attributes[name];
  return attribute?.type === "bool" && attribute.value;
}

export function stringAttribute(call: Call, name: string, fallback: string): string {
  const attribute = call.attributes[name];
  return attribute?.type === "string" ? attribute.value : fallback;
}

export function dtypeAttribute(call: Call, name: string, fallback: GraphDType): GraphDType {
  const attribute = call.attributes[name];
  return attribute?.type === "dtype" ? attribute.value : fallback;
}

/** An axis counted from the front; negative ones count from the end, as in tfjs. */
export function normalAxis(call: Call, axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (normal < 0 || normal >= rank) throw shapeError(call, `axis ${axis} is outside of rank ${rank}`);
  return normal;
}

/** The shape with one more axis at a position, with another size of an axis, or without an axis. */
export const withAxis = (shape: Shape, axis: number, size: number): number[] => [
  ...shape.slice(0, axis),
  size,
  ...shape.slice(axis),
];
export const withSize = (shape: Shape, axis: number, size: number): number[] =>
  shape.map((old, i) => (i === axis ? size : old));
export const withoutAxis = (shape: Shape, axis: number): number[] => shape.filter((_, i) => i !== axis);

/** The result has the shape and dtype of an input. */
export const like =
  (index: number): ShapeRule =>
  (call) => [input(call, index)];

/** One rule for many names. */
export function forAll(names: string, rule: ShapeRule): ShapeRules {
  return Object.fromEntries(names.split(" ").map((name) => [name, rule]));
}
