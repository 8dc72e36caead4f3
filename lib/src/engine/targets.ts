/** Where compiled functions run. */
import * as tf from "@tensorflow/tfjs";
import { eagerEngine, engineInfo, engineThreads } from "./backend";
import { backendName } from "./binding";
import type { Lowering, Target } from "./lowering";
import { lowerNatively } from "./native/lower";
import { NotNative } from "./native/planner";
import { toolchain } from "./native/toolchain";
import { pjrtEngine } from "./pjrt/engine";
import { tensorflowLowering } from "./tensorflow/lower";

/** `engine`: where the engine's tensors are. `pjrt`: the PJRT device, wherever the rest of the engine runs. */
export type CompileDevice = "engine" | "pjrt";

/** Where functions compiled for `device` run now; undefined where they run as they are (wasm, cpu). */
export function targetFor(device: CompileDevice): Target | undefined {
  if (tf.getBackend() !== backendName) {
    if (device === "engine") return undefined;
    throw new Error(
      'compile() for "pjrt" needs the engine on "tensorflow" or "pjrt": call startEngine({ backend: "pjrt" }).',
    );
  }
  if (device === "pjrt" || engineInfo().backend === "pjrt") return pjrtEngine();
  const engine = eagerEngine();
  if (engine === undefined) return undefined;
  const byTensorFlow = tensorflowLowering(engine.tensorflow, engine.binding);
  const tools = toolchain();
  if (tools === undefined || process.env.TRM_COMPILE === "tensorflow") return { place: engine.binding, lower: byTensorFlow };
  const lower: Lowering = (graph, donate) => {
    try {
      return lowerNatively(engine.tensorflow, engine.binding, tools, graph, engineThreads());
    } catch (error) {
      if (!(error instanceof NotNative)) throw error;
      if (process.env.TRM_COMPILE === "native") throw error;
      return byTensorFlow(graph, donate);
    }
  };
  return { place: engine.binding, lower };
}
