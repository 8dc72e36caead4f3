/** Where compiled functions run. */
import * as tf from "@tensorflow/tfjs";
import { eagerEngine, engineInfo } from "./backend";
import { backendName } from "./binding";
import type { Target } from "./lowering";
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
  return { place: engine.binding, lower: tensorflowLowering(engine.tensorflow, engine.binding) };
}
