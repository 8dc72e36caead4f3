/**
 * The engine where programs were compiled ahead of time, such as a web page: `compile()` finds a function's program by its name and the
 * shapes of its arguments. A bundler takes this file for the engine under the condition `precompiled`, and `tensors.ts` for
 * `@tensorflow/tfjs`. It needs neither Node nor TensorFlow.js.
 */
import type { Compiled, CompileOptions } from "../compile";
import { disposeTree, flatten, signatureOfCall } from "../tree";
import type { WasmProgram } from "./description";
import { bytesOf, elements, type LoadedModule } from "./memory";
import * as tensors from "./tensors";

export { disposeTree, flatten, mapTree, type TensorTree, unflatten, zipTrees } from "../tree";
export type { WasmDescription } from "./description";
export {
  hasSimd,
  helperScript,
  type LoadedModule,
  loadModule,
  type TensorData,
  usableThreads,
} from "./memory";

/** Tensors, without operations: those are inside of the programs. */
export const tf = tensors;

const modules: LoadedModule[] = [];

/** Lets {@link compile} find the programs of a module, before those of modules provided earlier. */
export function providePrograms(module: LoadedModule): void {
  modules.unshift(module);
}

/** There is no gradient tape outside of the programs. */
export const noGradient = <T>(fn: () => T): T => fn();
export const learning = (): boolean => false;
export function valueAndGrad(): never {
  throw new Error("valueAndGrad: gradients are inside of the programs that were compiled ahead of time.");
}

/** The function's program for arguments of these shapes; it is not called itself. */
export function compile<A extends unknown[], R>(
  fn: (...args: A) => R,
  { name = fn.name || "function", donate = [] }: CompileOptions = {},
): Compiled<A, R> {
  const call = (...values: A): R => {
    const signature = signatureOfCall(name, values);
    const [module, program] = find(name, signature);
    const inputs = flatten(values) as unknown as tensors.Tensor[];
    const addresses = inputs.map((tensor) => tensor.addressIn(module));
    const results = program.results.map(({ shape, dtype }) => ({
      shape,
      dtype,
      address: module.allocate(bytesOf(dtype, elements(shape))),
    }));
    module.run(
      program,
      addresses,
      results.map(({ address }) => address),
    );
    for (const position of donate) disposeTree(values[position]);
    const made = results.map(({ shape, dtype, address }) => tensors.tensorAt(module, address, shape, dtype));
    return resultOf(program.result, made) as R;
  };
  const later = async (values: A, signal?: AbortSignal): Promise<R> => {
    signal?.throwIfAborted();
    return call(...values);
  };
  return Object.assign(call, {
    async: (...values: A) => later(values),
    run: (values: A, { signal }: { signal?: AbortSignal } = {}) => later(values, signal),
    dispose() {},
    signatures: () => [],
  });
}

function find(name: string, signature: string): [LoadedModule, WasmProgram] {
  for (const module of modules) {
    const program = module.description.programs.find(
      (program) => program.name === name && program.signature === signature,
    );
    if (program !== undefined) return [module, program];
  }
  throw new Error(`compile(${name}): no program was compiled ahead of time for the arguments ${signature}`);
}

/** The function's result, with tensors in their places. */
function resultOf(result: unknown, made: readonly tensors.Tensor[]): unknown {
  if (typeof result !== "object" || result === null) return result;
  if (Array.isArray(result)) return result.map((branch) => resultOf(branch, made));
  const { tensor } = result as { tensor?: unknown };
  if (typeof tensor === "number") return made[tensor];
  return Object.fromEntries(Object.entries(result).map(([key, branch]) => [key, resultOf(branch, made)]));
}
