/** The engine: tensors and what computes with them. */

/** tfjs. Everybody imports it from here, so that there is one tfjs, with the engine's backend. */
export * as tf from "@tensorflow/tfjs";
export { learning, noGradient, type ValueAndGrad, valueAndGrad } from "./autodiff";
export { deviceMemory, type EngineInfo, type EngineOptions, engineInfo, startEngine } from "./backend";
export { type CallOptions, type Compiled, type CompileOptions, compile } from "./compile";
export { type Compiling, onCompiling } from "./compiling";
export { productFlops } from "./graph/flops";
export { printGraph } from "./graph/graph";
export type { SignatureFacts } from "./program";
export type { Settings } from "./settings";
export { type MatrixUnitInfo, matrixUnit, nativeCompiler } from "./targets";
export { disposeTree, flatten, mapTree, type TensorTree, unflatten, zipTrees } from "./tree";
export type { WasmDescription } from "./wasm/description";
export { exportWasm, hasZig, type WasmFunction, type WasmModule } from "./wasm/export";
