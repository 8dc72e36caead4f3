/** Targets of compiled functions. */
import * as tf from "@tensorflow/tfjs";
import { eagerEngine, engineInfo, engineThreads } from "./backend";
import { backendName } from "./binding";
import type { Lowering, Target } from "./lowering";
import { withMatrixUnit } from "./native/amx";
import { hasGpu, lowerNatively } from "./native/lower";
import { NotNative } from "./native/not-native";
import { toolchain } from "./native/toolchain";
import { pjrtEngine } from "./pjrt/engine";
import { settings } from "./settings";
import { runNow } from "./steps";
import { tensorflowLowering } from "./tensorflow/lower";

/**
 * `engine`: the device of the engine's tensors, and the faster of its programs. `pjrt`: the PJRT device, whatever the backend is.
 * `native` and `tensorflow`: one of the two programs that `engine` chooses from on TensorFlow's tensors, whatever the function's size.
 */
export type CompileDevice = "engine" | "native" | "tensorflow" | "pjrt";

/** Present target of functions compiled for `device`; undefined if they run uncompiled (wasm, cpu). */
export function targetFor(device: CompileDevice): Target | undefined {
  if (tf.getBackend() !== backendName) {
    if (device === "engine") return undefined;
    throw new Error(
      `compile() for "${device}" needs the engine on "tensorflow" or "pjrt": call startEngine({ backend: "${device === "pjrt" ? "pjrt" : "tensorflow"}" }).`,
    );
  }
  if (device === "pjrt" || (device === "engine" && engineInfo().backend === "pjrt")) return pjrtEngine();
  const engine = eagerEngine();
  if (engine === undefined) {
    if (device === "engine") return undefined;
    throw new Error(`compile() for "${device}" needs startEngine({ backend: "tensorflow" }).`);
  }
  return {
    owner: engine.binding,
    lower: loweringTo(device === "engine" ? compileTo() : device, engine),
  };
}

/** The setting `compileTo` overrules the choice between TensorFlow and native programs. */
function compileTo(): CompileDevice {
  const { compileTo = "auto" } = settings();
  return compileTo === "auto" ? "engine" : compileTo;
}

/** Version of the C compiler that makes native programs; undefined if no function runs natively. */
export function nativeCompiler(): string | undefined {
  const engine = eagerEngine();
  if (engine === undefined || compileTo() === "tensorflow" || hasGpu(engine.tensorflow)) return undefined;
  return toolchain()?.version;
}

/** The processor's matrix unit as native programs use it. */
export interface MatrixUnitInfo {
  /** True if products of bfloat16 use it. */
  readonly used: boolean;
  /** `AMX`, `AMX, emulated`, or why none is used. */
  readonly text: string;
}

/** Asks for the processor's matrix unit, and checks it, as the first program with bfloat16 does. */
export function matrixUnit(): MatrixUnitInfo {
  const tools = toolchain();
  if (tools === undefined) return { used: false, text: "no C compiler works here" };
  const { because } = runNow(withMatrixUnit(tools));
  if (because !== undefined) return { used: false, text: because };
  return { used: true, text: settings().amx === "emulated" ? "AMX, emulated" : "AMX" };
}

type Engine = NonNullable<ReturnType<typeof eagerEngine>>;

function loweringTo(device: CompileDevice, { tensorflow, binding }: Engine): Lowering {
  const byTensorFlow = tensorflowLowering(tensorflow, binding);
  return function* (graph, { batch }) {
    if (device === "tensorflow") return byTensorFlow(graph);
    try {
      return yield* lowerNatively(tensorflow, binding, graph, engineThreads(), batch, device === "native");
    } catch (error) {
      if (!(error instanceof NotNative) || device === "native") throw error;
      return { ...byTensorFlow(graph), because: error.message };
    }
  };
}
