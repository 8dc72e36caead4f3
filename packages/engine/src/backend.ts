/** Starts the engine: chooses what computes, and says what was chosen. */
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { backendName, bindingSwitch, type NativeMemory, registerKernelBackend } from "./binding";
import { registerGradients } from "./gradients";
import type { DeviceMemory, DeviceOptions } from "./pjrt/client";
import { pjrtEngine, runningPjrt } from "./pjrt/engine";
import { settings, variableOf } from "./settings";
import { tensorOwners } from "./tensor-owners";
import { openTensorFlow, runningTensorFlow, type TensorFlow } from "./tensorflow/context";
import { type EagerBinding, eagerBinding } from "./tensorflow/eager";
import { findTensorFlow } from "./tensorflow/find-library";

export type BackendName = "tensorflow" | "pjrt" | "wasm" | "cpu";

/** Options of {@link startEngine}. */
export interface EngineOptions {
  /**
   * `auto` takes the backend in the settings. Without one it takes TensorFlow if it is installed, else tfjs's WebAssembly backend,
   * with a warning. `pjrt` is a device with a PJRT plugin, such as a GPU. A named backend that cannot start is an error.
   * @default "auto"
   */
  backend?: "auto" | BackendName;
  /** Threads that TensorFlow computes with; one per core when left out. Only the first start can set it. */
  threads?: number;
  /** For `pjrt`: which plugin and device, how many devices, and the plugin's own options. Only the first start can set it. */
  pjrt?: DeviceOptions;
}

/** The software that computes. */
export interface EngineInfo {
  backend: BackendName;
  /** The version of TensorFlow, of PJRT's interface, or of tfjs. */
  version: string;
  /** The hardware of the tensors: `CPU`, or the name of a GPU. */
  device: string;
  /** Number of PJRT devices that share each batch; 1 when left out. */
  devices?: number;
  /** The folder of the TensorFlow, or the PJRT plugin, in use. */
  library?: string;
  /** The versions of a PJRT plugin's compiler and runtime, in its own words. */
  compiler?: string;
  /** Reason why TensorFlow is not used, and the cure. */
  fallback?: string;
}

let info: EngineInfo | undefined;
let binding: EagerBinding | undefined;
let threadsInUse: number | undefined;
/** Starts run one after another, so that two at once do not load TensorFlow twice. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Starts the engine and makes its backend tfjs's current one. Call it before anything makes a tensor.
 * A second call returns at once. If it names another backend, it switches to that; tfjs moves tensors when they are used.
 *
 * @throws Error that says what to install if the named backend cannot start; Error if `threads` comes too late
 * @example
 * const { backend } = await startEngine(); // "tensorflow", or "wasm" where there is no TensorFlow
 * await startEngine({ backend: "tensorflow" }); // fails where there is none
 */
export function startEngine(options: EngineOptions = {}): Promise<EngineInfo> {
  const start = last.then(() => startOnce(options));
  last = start.catch(() => {});
  return start;
}

/** Backend and device of the engine. @throws Error before {@link startEngine} has finished */
export function engineInfo(): EngineInfo {
  if (info === undefined)
    throw new Error('The engine has not been started: call "await startEngine()" first.');
  return info;
}

/** Memory of the PJRT device; null before it is opened, and where its plugin does not count (the CPU). */
export function deviceMemory(): DeviceMemory | null {
  return runningPjrt()?.device.memory() ?? null;
}

/** Memory that all owners hold for tfjs's tensors. */
function nativeMemory(): NativeMemory {
  const owned = [binding?.memory(), runningPjrt()?.tensors.memory()];
  return {
    tensors: owned.reduce((sum, memory) => sum + (memory?.tensors ?? 0), 0),
    bytes: owned.reduce((sum, memory) => sum + (memory?.bytes ?? 0), 0),
  };
}

/** Number of threads of compiled programs: the option of {@link startEngine}, or one per core. */
export const engineThreads = (): number => threadsInUse ?? availableParallelism();

/** TensorFlow and its binding, for `compile`; undefined when the engine runs on something else. */
export function eagerEngine(): { tensorflow: TensorFlow; binding: EagerBinding } | undefined {
  const tensorflow = runningTensorFlow();
  if (info?.backend !== "tensorflow" || tensorflow === undefined || binding === undefined) return undefined;
  return { tensorflow, binding };
}

async function startOnce({ backend = "auto", threads, pjrt }: EngineOptions): Promise<EngineInfo> {
  checkThreads(threads);
  registerGradients();
  if (info !== undefined && (backend === "auto" || backend === info.backend)) return info;
  info = await start(backend === "auto" ? (settings().backend ?? "auto") : backend, threads, pjrt);
  return info;
}

function checkThreads(threads: number | undefined): void {
  if (threads === undefined) return;
  if (!Number.isInteger(threads) || threads < 1) {
    throw new Error(`startEngine: threads must be a whole number from 1, not ${threads}.`);
  }
  if (runningTensorFlow() !== undefined && threads !== threadsInUse) {
    throw new Error(
      `startEngine: TensorFlow already runs with ${threadsInUse ?? "its own choice of"} threads; ` +
        "set threads in the first call of startEngine.",
    );
  }
}

async function start(
  backend: "auto" | BackendName,
  threads?: number,
  pjrt?: DeviceOptions,
): Promise<EngineInfo> {
  if (backend === "wasm") return await startWasm();
  if (backend === "cpu") return await startCpu();
  if (backend === "pjrt") return await startPjrt(pjrt);
  const started = await tryTensorFlow(threads);
  if ("backend" in started) return started;
  const { problem } = started;
  if (backend === "tensorflow") throw new Error(`TensorFlow cannot be used (${problem}): ${howToInstall()}`);

  const fallback = `TensorFlow cannot be used (${problem}), so tensors compute on WebAssembly, 10 to 50 times slower: ${howToInstall()}`;
  console.warn(fallback);
  return { ...(await startWasm().catch(startCpu)), fallback };
}

const howToInstall = (): string =>
  settings().installHint ??
  `install it with "pip install tensorflow-cpu", or set ${variableOf("python")} to the path of a Python that has it.`;

/** Starts TensorFlow, or says why that is not possible. */
async function tryTensorFlow(threads?: number): Promise<EngineInfo | { problem: string }> {
  const search = findTensorFlow();
  if (search.found === null) return { problem: search.tried.join("; ") };
  let tensorflow: TensorFlow;
  try {
    tensorflow = openTensorFlow(search.found, threads);
  } catch (error) {
    return { problem: `${search.found.main}: ${error instanceof Error ? error.message : error}` };
  }
  threadsInUse = threads;
  binding ??= eagerBinding(tensorflow);
  tensorOwners.activate(binding);
  bindingSwitch.current = tensorOwners;
  const gpu = tensorflow.devices.find(({ type }) => type === "GPU");
  registerKernelBackend({ usesGpu: gpu !== undefined, nativeMemory });
  if (!(await tf.setBackend(backendName))) throw new Error("tfjs did not accept the TensorFlow backend.");
  return {
    backend: "tensorflow",
    version: tensorflow.version,
    device: gpu?.name ?? "CPU",
    library: search.found.folder,
  };
}

/** Starts a PJRT device. It needs no TensorFlow. */
async function startPjrt(options?: DeviceOptions): Promise<EngineInfo> {
  const { device, owner } = pjrtEngine(options);
  tensorOwners.activate(owner);
  bindingSwitch.current = tensorOwners;
  registerKernelBackend({ usesGpu: device.platform !== "cpu", nativeMemory });
  if (!(await tf.setBackend(backendName))) throw new Error("tfjs did not accept the PJRT backend.");
  const { major, minor } = device.api.version;
  return {
    backend: "pjrt",
    version: `${major}.${minor}`,
    device: device.platform === device.kind ? device.kind : `${device.platform}: ${device.kind}`,
    ...(device.addresses.length > 1 && { devices: device.addresses.length }),
    library: device.api.path,
    compiler: device.platformVersion,
  };
}

async function startWasm(): Promise<EngineInfo> {
  const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  setWasmPaths(`${dirname(require.resolve("@tensorflow/tfjs-backend-wasm"))}/`);
  if (!(await tf.setBackend("wasm"))) throw new Error("tfjs's WebAssembly backend did not start.");
  return { backend: "wasm", version: tf.version.tfjs, device: "CPU" };
}

async function startCpu(): Promise<EngineInfo> {
  await tf.setBackend("cpu");
  // Its first tensor would print an advertisement for tfjs-node.
  Object.assign(tf.backend(), { firstUse: false });
  return { backend: "cpu", version: tf.version.tfjs, device: "CPU" };
}
