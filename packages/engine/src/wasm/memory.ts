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
}

const pageBytes = 65536;

/** Room for `bytes`, in whole vectors, and for what matrix products read behind the end. */
const roomFor = (bytes: number): number => Math.ceil(bytes / 64) * 64 + 64;

/**
 * Starts a module.
 *
 * @throws Error that says what WebAssembly lacks here, such as SIMD
 * @example no-run
 * const description = await (await fetch("double.json")).json();
 * const module = await loadModule(await (await fetch("double.wasm")).arrayBuffer(), description);
 */
export async function loadModule(code: BufferSource, description: WasmDescription): Promise<LoadedModule> {
  const { instance } = await WebAssembly.instantiate(code, {});
  const { memory, __heap_base } = instance.exports as {
    memory: WebAssembly.Memory;
    __heap_base: WebAssembly.Global;
  };
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
  };
}

const slots = ({ inputs, results, constants }: WasmProgram): number =>
  inputs.length + results.length + constants;

export const bytesOf = (dtype: WasmDtype, size: number): number => bytesOfDtype[dtype] * size;

/** True if WebAssembly has 128-bit SIMD here: the smallest module with such an instruction. */
export function hasSimd(): boolean {
  // (module (func (result v128) i32.const 0 i8x16.splat))
  const module = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11,
  ];
  return WebAssembly.validate(Uint8Array.from(module));
}
