/** One measurement in the process that takes it. */
import { execFileSync } from "node:child_process";
import { engineInfo, startEngine } from "tfjs-compile";
import { createModel, type ModelConfig } from "trm/model";
import type { TrainingConfig } from "trm/trainer";
import type { Worker } from "trm-workbench/processes";
import { engineOptionsFor, runEnvironment } from "trm-workbench/runs";
import { measureSteps } from "../bench/speed";
import type { AcceleratorEnvironment, OurSpeed } from "./report";

/** A measurement to take. */
export interface MeasureRequest {
  readonly model: ModelConfig;
  readonly training: TrainingConfig;
  readonly steps: number;
}

/** Opens the device and measures training steps on random puzzles. */
export const measureWorker: Worker<MeasureRequest, OurSpeed> = {
  name: "measure-worker",
  file: __filename,
  async work({ requests, tell }) {
    const { value: request } = await requests.next();
    if (request === undefined) return;
    const { model, training, steps } = request;
    await startEngine(engineOptionsFor(training.devices, { backend: "pjrt" }));
    const speed = await measureSteps(createModel(model), training, { steps });
    await tell({ environment: environment(), ...speed });
  },
};

function environment(): AcceleratorEnvironment {
  const { device, version, compiler = "unknown", library = "unknown" } = engineInfo();
  const { versions } = runEnvironment();
  return {
    date: new Date().toISOString().slice(0, 10),
    device,
    pjrt: version,
    compiler,
    plugin: library,
    driver: nvidiaDriver(),
    node: versions.node,
    ...(versions.project && { project: versions.project }),
  };
}

function nvidiaDriver(): string | null {
  try {
    const args = ["--query-gpu=driver_version", "--format=csv,noheader"];
    const text = execFileSync("nvidia-smi", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return text.trim().split("\n")[0] ?? null;
  } catch {
    return null; // No NVIDIA GPU.
  }
}
