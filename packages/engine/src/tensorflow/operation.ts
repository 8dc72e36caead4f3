/** One eager op: describe it with {@link newOperation}, run it with {@link execute} or {@link executeAsync}. */
import type { OpAttribute } from "../binding";
import { AttrType } from "../datatypes";
import type { TensorFlow } from "./context";
import { check, newStatus, notNull, type Status } from "./errors";
import type { Pointer } from "./ffi";
import { dims, type Handle } from "./tensors";

export type Operation = Pointer<"TFE_Op">;

/**
 * An op with its inputs and attributes, ready to run. The caller deletes it with `TFE_DeleteOp`.
 *
 * @param what the op with its inputs, for error messages
 */
export function newOperation(
  { c, context, status }: TensorFlow,
  name: string,
  attributes: readonly OpAttribute[],
  inputs: readonly Handle[],
  what: () => string,
): Operation {
  const operation = c.TFE_NewOp(context, name, status);
  check(c, status, what);
  const op = notNull(operation, name);
  try {
    for (const input of inputs) c.TFE_OpAddInput(op, input, status);
    check(c, status, what);
    for (const attribute of attributes) {
      if (!setAttribute(c, op, attribute, status)) {
        const { name, type, value } = attribute;
        throw new Error(`${what()}: the attribute ${name} cannot be ${value} of attribute type ${type}.`);
      }
    }
    check(c, status, what);
    return op;
  } catch (error) {
    c.TFE_DeleteOp(op);
    throw error;
  }
}

/** Sets an attribute. @returns false if it has no value of a known type */
function setAttribute(
  c: TensorFlow["c"],
  op: Operation,
  { name, type, value }: OpAttribute,
  status: Status,
): boolean {
  if (value === undefined || value === null) return false;
  if (Array.isArray(value)) return setListAttribute(c, op, name, type, value, status);
  if (type === AttrType.string) {
    const text = Buffer.from(String(value));
    c.TFE_OpSetAttrString(op, name, text, text.length);
  } else if (type === AttrType.int) c.TFE_OpSetAttrInt(op, name, Number(value));
  else if (type === AttrType.float) c.TFE_OpSetAttrFloat(op, name, Number(value));
  else if (type === AttrType.bool) c.TFE_OpSetAttrBool(op, name, value ? 1 : 0);
  else if (type === AttrType.type) c.TFE_OpSetAttrType(op, name, Number(value));
  else return false;
  return true;
}

function setListAttribute(
  c: TensorFlow["c"],
  op: Operation,
  name: string,
  type: number,
  list: number[],
  status: Status,
): boolean {
  const { length } = list;
  if (type === AttrType.int) c.TFE_OpSetAttrIntList(op, name, dims(list), length);
  else if (type === AttrType.float) c.TFE_OpSetAttrFloatList(op, name, Float32Array.from(list), length);
  else if (type === AttrType.bool) c.TFE_OpSetAttrBoolList(op, name, Uint8Array.from(list), length);
  else if (type === AttrType.type) c.TFE_OpSetAttrTypeList(op, name, Int32Array.from(list), length);
  else if (type === AttrType.shape) c.TFE_OpSetAttrShape(op, name, dims(list), length, status);
  else return false;
  return true;
}

/** Runs an op and gives its outputs (at most `count`), which the caller deletes. */
export function execute(
  { c, status }: TensorFlow,
  op: Operation,
  count: number,
  what: () => string,
): Handle[] {
  const outputs = new BigInt64Array(Math.max(count, 1));
  const actual = Int32Array.of(count);
  c.TFE_Execute(op, outputs, actual, status);
  check(c, status, what);
  return handlesIn(outputs, actual, what);
}

/** Like {@link execute}, on another thread: the event loop goes on meanwhile. */
export async function executeAsync(
  { c }: TensorFlow,
  op: Operation,
  count: number,
  what: () => string,
): Promise<Handle[]> {
  const outputs = new BigInt64Array(Math.max(count, 1));
  const actual = Int32Array.of(count);
  // Its own status: other calls use theirs while this one runs.
  const status = newStatus(c);
  try {
    await new Promise<void>((resolve, reject) => {
      c.TFE_Execute.async(op, outputs, actual, status, (error) => (error ? reject(error) : resolve()));
    });
    check(c, status, what);
    return handlesIn(outputs, actual, what);
  } finally {
    c.TF_DeleteStatus(status);
  }
}

function handlesIn(outputs: BigInt64Array, actual: Int32Array, what: () => string): Handle[] {
  const handles = [...outputs.subarray(0, actual[0])] as Handle[];
  if (handles.includes(0n as Handle)) throw new Error(`${what()} gave no output.`);
  return handles;
}
