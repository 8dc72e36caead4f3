import type { Option } from "commander";
import { deviceMemory, type EngineInfo, type EngineOptions, nativeCompiler, startEngine } from "tfjs-compile";
import { engineOptionsFor } from "trm-workbench/runs";
import { oneOf } from "./options";

/** Engine options of the commands that compute. */
export interface EngineCommandOptions {
  readonly device: NonNullable<EngineOptions["backend"]>;
  readonly threads?: number;
}

/** The option that chooses the device. */
export const deviceOption = (): Option =>
  oneOf(
    "--device <device>",
    "what computes: TensorFlow, a GPU or another device with a PJRT plugin, or tfjs alone; auto takes TensorFlow if it is there",
    ["auto", "tensorflow", "pjrt", "wasm", "cpu"],
    "auto",
  );

/** Starts the engine as a command's options ask for. */
export function startEngineFor({ device, threads }: EngineCommandOptions, devices = 1): Promise<EngineInfo> {
  return startEngine(engineOptionsFor(devices, { backend: device, ...(threads && { threads }) }));
}

/** Tells on stderr why training takes twice the time, where a C compiler is missing. */
export function tellMissingCompiler({ backend, device }: EngineInfo): void {
  const isWanted = backend === "tensorflow" && device === "CPU" && process.env.TRM_COMPILE !== "tensorflow";
  if (!isWanted || nativeCompiler() !== undefined) return;
  const which = process.env.CC ? `CC=${process.env.CC}` : "cc, gcc and clang";
  console.error(
    `trm: TensorFlow runs the training steps, which takes about twice the time: no C compiler works (${which}); see environment.md`,
  );
}

/** Bytes in use on a PJRT device that counts them, as a metric for the progress line. */
export function memoryInUse(): { memory?: number } {
  const memory = deviceMemory();
  return memory === null ? {} : { memory: memory.inUse };
}
