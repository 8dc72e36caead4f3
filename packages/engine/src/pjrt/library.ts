/**
 * Loads a PJRT plugin and calls its functions.
 *
 * This is the only file that meets the foreign function interface. The other files call
 * `call(api, "Event_Await", { event })` and get the filled-in struct back.
 */
import koffi from "koffi";
import { keepLoaded } from "../keep-loaded";
import { silenceLog } from "../settings";
import {
  type ErrorCode,
  errorCodes,
  type FieldOf,
  type FunctionName,
  functions,
  lastSlot,
  structs,
  versionSlot,
} from "./abi";

/** Content of a slot: a number, a flag, an address, or an array that is passed by its address. */
export type Slot = bigint | number | boolean | NodeJS.ArrayBufferView | null;

type CFunction = ((args: BigUint64Array) => bigint | null) & {
  async(args: BigUint64Array, done: (error: Error | null, result: bigint | null) => void): void;
};

/** A loaded plugin. It stays loaded until the process ends. */
export interface PjrtApi {
  readonly path: string;
  readonly version: { readonly major: number; readonly minor: number };
  /** C functions by their name without `PJRT_`, made at first use. */
  readonly function: (name: FunctionName) => CFunction;
}

const memoryHint = "\nUse a smaller batch or model, or a device with more memory.";

/** An error that the plugin reported, with PJRT's own message. */
export class PjrtError extends Error {
  override readonly name = "PjrtError";
  constructor(
    readonly what: string,
    readonly code: ErrorCode,
    readonly detail: string,
  ) {
    super(
      `${what}: ${code}: ${detail.trim()}${/out of memory/i.test(`${code} ${detail}`) ? memoryHint : ""}`,
    );
  }
}

/** Zeroed slots behind every struct, for optional and newer fields that are not in the table. */
const spareSlots = 32;

// Compilers recurse deeply and would overflow koffi's default stacks (128 KiB on threads). Must run before any library is loaded.
try {
  koffi.config({ sync_stack_size: 16 << 20, async_stack_size: 16 << 20 });
} catch {
  // Another module has loaded a library already; `roomyThreads` then sends compilation to the main thread.
}

/** True if a thread's stack is large enough to compile on. */
export const roomyThreads = (): boolean => (koffi.config().async_stack_size ?? 0) >= 8 << 20;

const loaded = new Map<string, PjrtApi>();

/**
 * Loads the plugin at `path` and checks that it speaks our version of the interface.
 *
 * @throws Error naming the file when it is not a shared library, does not export `GetPjrtApi`, or is too old or too new
 */
export function loadPlugin(path: string): PjrtApi {
  const known = loaded.get(path);
  if (known !== undefined) return known;
  // XLA's log repeats the errors that it returns.
  silenceLog();
  // A plugin's static threads and registries do not survive being unloaded at exit.
  const problem = keepLoaded(path);
  if (problem !== undefined) throw new Error(`${path} cannot be loaded as a PJRT plugin: ${problem}`);
  let table: BigUint64Array;
  try {
    const address = koffi.load(path).func("GetPjrtApi", "void *", [])() as bigint | null;
    if (address === null) throw new Error("GetPjrtApi() returned nothing");
    const bytes = Number(koffi.decode(address, "uint64"));
    table = new BigUint64Array(koffi.view(address, bytes - (bytes % 8)));
  } catch (error) {
    throw new Error(`${path} is not a usable PJRT plugin: ${(error as Error).message}`);
  }
  const version = checkVersion(path, table);
  const made = new Map<FunctionName, CFunction>();
  const type = koffi.proto("void *", ["void *"]);
  const api: PjrtApi = {
    path,
    version,
    function(name) {
      let fn = made.get(name);
      if (fn === undefined) {
        const address = table[functions[name][0]];
        if (!address) throw new PjrtError(`PJRT_${name}`, "not implemented", `${path} lacks this function`);
        fn = koffi.decode(address, type) as CFunction;
        made.set(name, fn);
      }
      return fn;
    },
  };
  call(api, "Plugin_Initialize", {});
  loaded.set(path, api);
  return api;
}

/** Reads and checks the version in the plugin's table. */
export function checkVersion(path: string, table: BigUint64Array): { major: number; minor: number } {
  const slot = table[versionSlot] ?? 0n;
  const version = { major: Number(slot & 0xffffffffn), minor: Number(slot >> 32n) };
  const text = `${version.major}.${version.minor}`;
  if (version.major !== 0) {
    throw new Error(`${path} speaks PJRT ${text}; this library speaks 0.x. Update the library.`);
  }
  if (table.length <= lastSlot) {
    throw new Error(
      `${path} speaks PJRT ${text}, which is too old: it has ${table.length - 5} functions, ` +
        `but ${lastSlot - 4} are needed. Install a newer plugin.`,
    );
  }
  return version;
}

/** Arrays whose addresses a C struct holds: the garbage collector must not free them before the struct. */
const pointees = new WeakMap<object, object[]>();

/** Keeps `objects` alive for as long as `owner`, which holds their addresses. */
export function keepAlive<T extends object>(owner: T, objects: object[]): T {
  pointees.set(owner, objects);
  return owner;
}

/** A struct with its size in slot 0 and spare slots at its end; missing `fields` are zero. */
function fill(
  names: readonly string[],
  fields: Readonly<Record<string, Slot | undefined>>,
  spare = spareSlots,
): BigUint64Array {
  const slots = new BigUint64Array(2 + names.length + spare);
  slots[0] = BigInt(slots.byteLength);
  for (const [i, name] of names.entries()) slots[2 + i] = toSlot(fields[name]);
  return keepAlive(
    slots,
    Object.values(fields).filter((value) => value !== null && typeof value === "object"),
  );
}

function toSlot(value: Slot | undefined): bigint {
  if (value === undefined || value === null) return 0n;
  if (typeof value === "object") return value.byteLength === 0 ? 0n : addressOf(value);
  return BigInt.asUintN(64, BigInt(value));
}

/** The address of an array's memory; see {@link keepAlive}. */
export function addressOf(array: NodeJS.ArrayBufferView): bigint {
  return koffi.address(array);
}

/** One of the structs that argument structs point to. */
export function struct<N extends keyof typeof structs>(
  name: N,
  fields: Partial<Record<(typeof structs)[N][number], Slot>>,
): BigUint64Array {
  // Elements of C arrays have the exact size of the header: no spare slots.
  return fill(structs[name], fields, name === "NamedValue" ? 0 : spareSlots);
}

type Fields<N extends FunctionName> = Partial<Record<FieldOf<N>, Slot>>;
type Results<N extends FunctionName> = Readonly<Record<FieldOf<N>, bigint>>;

/**
 * Calls a function and returns all fields of its struct.
 *
 * @param what description of the call for its error; the function's name by default
 * @throws PjrtError with the plugin's own message
 */
export function call<N extends FunctionName>(
  api: PjrtApi,
  name: N,
  fields: Fields<N>,
  what?: string,
): Results<N> {
  const names = fieldNames(name);
  const args = fill(names, fields);
  throwIfError(api, api.function(name)(args), what ?? `PJRT_${name}`);
  return read(names, args);
}

/** Like {@link call}, on another thread: the event loop stays free until the function returns. */
export function callAsync<N extends FunctionName>(
  api: PjrtApi,
  name: N,
  fields: Fields<N>,
  what?: string,
): Promise<Results<N>> {
  const names = fieldNames(name);
  const args = fill(names, fields);
  return new Promise((resolve, reject) => {
    api.function(name).async(args, (error, result) => {
      try {
        if (error) throw error;
        throwIfError(api, result, what ?? `PJRT_${name}`);
        // Reading `args` here keeps it, and the arrays that it points to, alive until now.
        resolve(read(names, args));
      } catch (reason) {
        reject(reason);
      }
    });
  });
}

function fieldNames(name: FunctionName): readonly string[] {
  return (functions[name] as readonly [number, ...string[]]).slice(1) as string[];
}

function read<N extends FunctionName>(names: readonly string[], args: BigUint64Array): Results<N> {
  return Object.fromEntries(names.map((name, i) => [name, args[2 + i]])) as Results<N>;
}

function throwIfError(api: PjrtApi, error: bigint | null, what: string): void {
  if (error === null || error === 0n) return;
  // These functions cannot fail, so their results need no check.
  const message = fill(fieldNames("Error_Message"), { error });
  api.function("Error_Message")(message);
  const code = fill(fieldNames("Error_GetCode"), { error });
  api.function("Error_GetCode")(code);
  const detail = text(message[3]!, message[4]!);
  api.function("Error_Destroy")(fill(fieldNames("Error_Destroy"), { error }));
  throw new PjrtError(what, errorCodes[Number(code[3]!)] ?? "unknown", detail);
}

/** Copies `size` bytes of C memory. */
export function bytesAt(address: bigint, size: bigint): Uint8Array<ArrayBuffer> {
  if (size === 0n || address === 0n) return new Uint8Array(0);
  return new Uint8Array(koffi.view(address, Number(size))).slice();
}

/** Text of a C string. */
export function text(address: bigint, size: bigint): string {
  return Buffer.from(bytesAt(address, size)).toString("utf8");
}

/** The 8-byte words of a C array of addresses or sizes. */
export function wordsAt(address: bigint, count: bigint): BigUint64Array {
  return new BigUint64Array(bytesAt(address, count * 8n).buffer);
}

/** Calls a C function `void f(void*)` of the plugin, which frees an object. */
export function callDeleter(address: bigint, argument: bigint): void {
  (koffi.decode(address, koffi.proto("void", ["void *"])) as (p: bigint) => void)(argument);
}
