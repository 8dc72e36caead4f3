/** Encodes options of a client and of compilation for a plugin. */

import { namedValueTypes } from "./abi";
import { keepAlive, type Slot, struct } from "./library";

/** Value of an option. Whole numbers become integers, others floats; `{ float: 1 }` is a float, too. */
export type OptionValue = string | boolean | number | { readonly float: number };
export type Options = Readonly<Record<string, OptionValue>>;

/** Options as the C array that `PJRT_Client_Create` takes. */
export function namedValues(options: Options): { array: BigUint64Array; count: number } {
  const structs = Object.entries(options).map(([key, option]) => {
    const name = Buffer.from(key);
    const { type, value, size } = namedValue(option);
    return struct("NamedValue", { name, name_size: name.length, type, value, value_size: size });
  });
  const array = new BigUint64Array(structs.reduce((sum, s) => sum + s.length, 0));
  for (const [i, s] of structs.entries()) array.set(s, i * s.length);
  return { array: keepAlive(array, structs), count: structs.length };
}

function namedValue(option: OptionValue): { type: number; value: Slot; size: number } {
  if (typeof option === "string") {
    const value = Buffer.from(option);
    return { type: namedValueTypes.string, value, size: value.length };
  }
  if (typeof option === "boolean") return { type: namedValueTypes.bool, value: option, size: 1 };
  if (typeof option === "number" && Number.isInteger(option)) {
    return { type: namedValueTypes.int64, value: option, size: 1 };
  }
  const float = typeof option === "number" ? option : option.float;
  const bits = new Uint32Array(new Float32Array([float]).buffer)[0]!;
  return { type: namedValueTypes.float, value: bits, size: 1 };
}

/**
 * The `CompileOptionsProto` of XLA. A protocol buffer is a list of (field number, kind, value); four fields are enough here.
 *
 * @param flags XLA's own flags for this program, for example `{ xla_gpu_autotune_level: 4 }`
 * @param devices that share the program: its partitions
 */
export function compileOptions(flags: Options = {}, devices = 1): Uint8Array {
  // num_replicas, num_partitions, use_spmd_partitioning
  const build = [varintField(4, 1), varintField(5, devices), ...(devices > 1 ? [varintField(6, 1)] : [])];
  const overrides = Object.entries(flags).map(([name, value]) =>
    // env_option_overrides: a map, whose entries are messages of a key (1) and a value (2).
    bytesField(7, Buffer.concat([bytesField(1, Buffer.from(name)), bytesField(2, overrideValue(value))])),
  );
  return Buffer.concat([bytesField(3, Buffer.concat(build)), ...overrides]);
}

/** `OptionOverrideProto`: one of string (1), bool (2), int64 (3), double (4). */
function overrideValue(value: OptionValue): Buffer {
  if (typeof value === "string") return bytesField(1, Buffer.from(value));
  if (typeof value === "boolean") return varintField(2, value ? 1 : 0);
  if (typeof value === "number" && Number.isInteger(value)) return varintField(3, value);
  const bytes = Buffer.alloc(9);
  bytes[0] = (4 << 3) | 1;
  bytes.writeDoubleLE(typeof value === "number" ? value : value.float, 1);
  return bytes;
}

function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}

function varintField(field: number, value: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

function bytesField(field: number, value: Uint8Array): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(value.length), value]);
}
