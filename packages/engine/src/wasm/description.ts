/** What a module of WebAssembly holds, as plain JSON beside it: made by `export.ts`, read by `precompiled.ts`. */

/** Types of tensors in a module. */
export type WasmDtype = "float32" | "int32" | "bool";

/** One tensor that goes in or comes out. */
export interface WasmTensor {
  readonly shape: readonly number[];
  readonly dtype: WasmDtype;
}

/** One compiled form of a function. */
export interface WasmProgram {
  /** Name that `compile` gives the function. */
  readonly name: string;
  /** The arguments it is for, as text. */
  readonly signature: string;
  /** The export of the module that runs it, with the address of a list of addresses: inputs, then results, then constants. */
  readonly entry: string;
  /** The tensors of the arguments, in the order of `flatten`. */
  readonly inputs: readonly WasmTensor[];
  readonly results: readonly WasmTensor[];
  /** Constants that the module puts into the list by itself. */
  readonly constants: number;
  /** The function's result as JSON, with `{ tensor: index }` in place of each tensor. */
  readonly result: unknown;
}

/** All programs of a module. */
export interface WasmDescription {
  readonly version: 1;
  /** True if the module needs WebAssembly's 128-bit SIMD. */
  readonly simd: boolean;
  /** The most threads that a module in shared memory can use, and the pages of 64 KiB that this memory begins with and grows to. */
  readonly shared?: { readonly threads: number; readonly initial: number; readonly maximum: number };
  readonly programs: readonly WasmProgram[];
}

export const bytesOfDtype: Readonly<Record<WasmDtype, number>> = { float32: 4, int32: 4, bool: 1 };
