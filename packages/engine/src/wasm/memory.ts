/** A module of programs that were compiled ahead of time, and its memory. It needs neither Node nor tfjs. */
import { bytesOfDtype, type WasmDescription, type WasmDtype, type WasmProgram } from "./description";

export type TensorData = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** The elements of a tensor somewhere in a module's memory. The view is valid until the next allocation. */
export function viewOf(memory: ArrayBuffer, dtype: WasmDtype, address: number, size: number): TensorData {
  if (dtype === "float32") return new Float32Array(memory, address, size);
  if (dtype === "int32") return new Int32Array(memory, address, size);
  return new Uint8Array(memory, address, size);
}

export const elements = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

/** A running module. Addresses are those of its memory; all tensors in it are aligned for vectors. */
export interface LoadedModule {
  readonly description: WasmDescription;
  /** Finds room for `bytes` bytes. @throws RangeError when the browser gives no more memory */
  allocate(bytes: number): number;
  free(address: number, bytes: number): void;
  view(dtype: WasmDtype, address: number, size: number): TensorData;
  /** Runs a program on the addresses of its inputs and results. @throws Error where an index is outside of its table */
  run(program: WasmProgram, inputs: readonly number[], results: readonly number[]): void;
  /** How many threads the last program ran on; one until all helpers have started. */
  threads(): number;
}

const pageBytes = 65536;

/** Room for `bytes`, in whole vectors, and for what matrix products read behind the end. */
const roomFor = (bytes: number): number => Math.ceil(bytes / 64) * 64 + 64;

/** Bytes of a helper's stack. */
const stackBytes = 1 << 20;

/** What a helper does with the module, its memory and its stack: `help` of `wasm/threads.h`. */
export const helperScript = `onmessage = ({ data: { code, memory, stack } }) => {
  const { exports } = new WebAssembly.Instance(code, { env: { memory } });
  exports.__stack_pointer.value = stack;
  exports.help();
};`;

/** Starts a helper in a worker, which ends with the one that starts it. */
function startHelper(message: unknown): void {
  const url = URL.createObjectURL(new Blob([helperScript], { type: "text/javascript" }));
  new Worker(url).postMessage(message);
}

/**
 * Starts a module.
 *
 * @param options `threads`: how many a module in shared memory uses, this one included, as far as it can; `start`: starts a worker with
 * `helperScript` and sends it a message
 * @throws Error that says what WebAssembly lacks here, such as SIMD or shared memory
 * @example no-run
 * const description = await (await fetch("double.json")).json();
 * const module = await loadModule(await (await fetch("double.wasm")).arrayBuffer(), description);
 */
export async function loadModule(
  code: BufferSource,
  description: WasmDescription,
  { threads = 1, start = startHelper }: { threads?: number; start?: (message: unknown) => void } = {},
): Promise<LoadedModule> {
  const { shared } = description;
  const imports = shared && { env: { memory: new WebAssembly.Memory({ ...shared, shared: true }) } };
  const { instance, module } = await WebAssembly.instantiate(code, imports);
  const { __heap_base } = instance.exports as { __heap_base: WebAssembly.Global };
  const memory = imports?.env.memory ?? (instance.exports.memory as WebAssembly.Memory);
  /** The end of what is used. */
  let top = Math.ceil((__heap_base.value as number) / 64) * 64;
  /** Free rooms by their size; the same few sizes come again and again. */
  const rooms = new Map<number, number[]>();

  const allocate = (bytes: number): number => {
    const room = roomFor(bytes);
    const free = rooms.get(room)?.pop();
    if (free !== undefined) return free;
    const missing = top + room - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
    const address = top;
    top += room;
    return address;
  };
  const free = (address: number, bytes: number) => {
    const room = roomFor(bytes);
    const others = rooms.get(room);
    if (others === undefined) rooms.set(room, [address]);
    else others.push(address);
  };
  const most = Math.max(...description.programs.map(slots));
  const list = allocate(4 * most);
  if (shared) {
    const helpers = Math.min(threads, shared.threads) - 1;
    (instance.exports.want as (helpers: number) => void)(helpers);
    for (let i = 0; i < helpers; i++)
      start({ code: module, memory, stack: allocate(stackBytes) + stackBytes });
  }

  return {
    description,
    allocate,
    free,
    view: (dtype, address, size) => viewOf(memory.buffer as ArrayBuffer, dtype, address, size),
    run(program, inputs, results) {
      new Uint32Array(memory.buffer, list, most).set([...inputs, ...results]);
      const fault = (instance.exports[program.entry] as (list: number) => number)(list);
      if (fault !== 0) throw new Error(`${program.name}: an index is outside of the table that it looks up.`);
    },
    threads: () => (shared ? (instance.exports.threads as () => number)() : 1),
  };
}

const slots = ({ inputs, results, constants }: WasmProgram): number =>
  inputs.length + results.length + constants;

export const bytesOf = (dtype: WasmDtype, size: number): number => bytesOfDtype[dtype] * size;

/** How many threads a module can use here: one where the page is not isolated from other hosts, and so may not share memory. */
export const usableThreads = (): number =>
  globalThis.crossOriginIsolated ? (globalThis.navigator?.hardwareConcurrency ?? 1) : 1;

/** True if WebAssembly has 128-bit SIMD here: the smallest module with such an instruction. */
export function hasSimd(): boolean {
  // (module (func (result v128) i32.const 0 i8x16.splat))
  const module = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11,
  ];
  return WebAssembly.validate(Uint8Array.from(module));
}
