/** The engine: tensors and what computes with them. It knows nothing of Tiny Recursive Models. */

/** tfjs. Everybody imports it from here, so that there is one tfjs, with the engine's backend. */
export * as tf from "@tensorflow/tfjs";
export { learning, noGradient, type ValueAndGrad, valueAndGrad } from "./autodiff";
export { deviceMemory, type EngineInfo, type EngineOptions, engineInfo, startEngine } from "./backend";
export { type Compiled, type CompileOptions, compile, type SignatureFacts } from "./compile";
export { productFlops } from "./graph/flops";
export { printGraph } from "./graph/graph";
export { nativeCompiler } from "./targets";
export { disposeTree, flatten, mapTree, type TensorTree, unflatten, zipTrees } from "./tree";
