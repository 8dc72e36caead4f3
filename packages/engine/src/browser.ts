/** The engine in a browser: the same functions, but `compile()` runs the plain function on the backend that tfjs has there. */
import * as tf from "@tensorflow/tfjs";
import { argumentsOf, checkDonation, checkTensors } from "./arguments";
import type { Compiled, CompileOptions } from "./compile";
import { runPlain } from "./plain";

export { learning, noGradient, type ValueAndGrad, valueAndGrad } from "./autodiff";
export type { CallOptions, Compiled, CompileOptions } from "./compile";
export { productFlops } from "./graph/flops";
export { printGraph } from "./graph/graph";
export { disposeTree, flatten, mapTree, type TensorTree, unflatten, zipTrees } from "./tree";
export { tf };

/** Makes tfjs's own choice of a backend (WebGL, else the CPU) ready. */
export async function startEngine(): Promise<{ backend: string; version: string; device: string }> {
  await tf.ready();
  return { backend: tf.getBackend(), version: tf.version.tfjs, device: "browser" };
}

/** As on Node, without the speed: each call runs the function itself. `signatures()` is empty. */
export function compile<A extends unknown[], R>(
  fn: (...args: A) => R,
  options: CompileOptions = {},
): Compiled<A, R> {
  const name = options.name ?? (fn.name || "function");
  const donate = options.donate ?? [];
  let disposed = false;

  const compiled = (...values: A): R => {
    if (disposed) throw new Error(`compile(${name}): this function has been disposed.`);
    checkTensors(name, argumentsOf(values));
    checkDonation(name, argumentsOf(values), donate);
    return runPlain(fn, values, donate);
  };

  return Object.assign(compiled, {
    async: async (...values: A) => compiled(...values),
    run: async (values: A, { signal }: { signal?: AbortSignal } = {}) => {
      signal?.throwIfAborted();
      return compiled(...values);
    },
    dispose: () => {
      disposed = true;
    },
    signatures: () => [],
  });
}
