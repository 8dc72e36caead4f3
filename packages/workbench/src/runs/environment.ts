import { execFileSync } from "node:child_process";
import { totalmem } from "node:os";
import { type EngineOptions, engineInfo, nativeCompiler, tf } from "tfjs-compile";
import { contextLength, type ModelConfig } from "trm/model";
import { projectFolder } from "../files/paths";

/** Software and hardware of a run. */
export interface RunEnvironment {
  /** The engine's backend, such as `tensorflow`. */
  readonly engine: string;
  /** `CPU`, or the name of a GPU. */
  readonly device: string;
  /** Number of devices that share each batch; 1 when left out. */
  readonly devices?: number;
  /** Threads it computed with; null is one per core. */
  readonly threads: number | null;
  readonly versions: {
    readonly node: string;
    /** Of TensorFlow, of PJRT's interface, or of tfjs: whichever `engine` is. */
    readonly engine: string;
    readonly tfjs: string;
    /** The C compiler, where `compile()` makes native programs; they round in another way than TensorFlow. */
    readonly compiler?: string;
    /** The commit of this project, where git knows it. */
    readonly project?: string;
  };
}

/**
 * The options of `startEngine` for a run on so many devices: several need a PJRT plugin.
 * @throws Error if the named backend cannot compute on several
 */
export function engineOptionsFor(
  devices: number,
  { backend, threads }: Pick<EngineOptions, "backend" | "threads">,
): EngineOptions {
  if (devices === 1) return { backend, threads };
  if (backend === undefined || backend === "auto" || backend === "pjrt") {
    return { backend: "pjrt", pjrt: { devices } };
  }
  throw new Error(`training.devices is ${devices}, but ${backend} computes on one device; choose pjrt`);
}

/** @throws Error if the engine was started for another number of devices than a run asks for */
export function checkDevices(wanted: number): void {
  const { devices = 1 } = engineInfo();
  if (wanted === devices) return;
  throw new Error(
    `training.devices is ${wanted}, but the engine was started on ${devices}: ` +
      `call startEngine({ backend: "pjrt", pjrt: { devices: ${wanted} } }), or change training.devices`,
  );
}

/**
 * Refuses a model that cannot be trained in this machine's memory, before it is made.
 * @throws RangeError naming the width and both sizes
 */
export function checkMemory(model: ModelConfig, memory = totalmem()): void {
  const { hiddenSize: width, layers, answerLayers, networks, expansion, experts, mixer } = model;
  const swiGlu = (size: number) => 2 * expansion * size * size;
  const mix = mixer === "mlp" ? swiGlu(contextLength(model)) : 4 * width * width;
  const blocks = layers + (networks === 2 ? (answerLayers ?? layers) : 0);
  const tables = 2 * model.vocabSize * width;
  // Weights, gradients, both moments of the optimizer and the average, 4 bytes each; a puzzle embedding has none but itself.
  const bytes =
    20 * (blocks * (mix + experts * swiGlu(width)) + tables) +
    4 * model.numPuzzleIdentifiers * model.puzzleEmbSize;
  if (bytes <= memory) return;
  throw new RangeError(
    `model.hiddenSize ${width} in ${blocks} blocks would take about ${gigabytes(bytes)} GB with gradients and optimizer, ` +
      `and this machine has ${gigabytes(memory)} GB: make the model smaller`,
  );
}

const gigabytes = (bytes: number): string => (bytes / 1e9).toPrecision(3);

/** Software and hardware of this process. @throws Error before the engine has been started */
export function runEnvironment(threads?: number): RunEnvironment {
  const { backend, device, devices, version } = engineInfo();
  const project = projectCommit();
  const compiler = nativeCompiler();
  return {
    engine: backend,
    device,
    ...(devices && { devices }),
    threads: threads ?? null,
    versions: {
      node: process.versions.node,
      engine: version,
      tfjs: tf.version_core,
      ...(compiler && { compiler }),
      ...(project && { project }),
    },
  };
}

function projectCommit(): string | undefined {
  try {
    return execFileSync("git", ["rev-parse", "--short=12", "HEAD"], {
      cwd: projectFolder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    // A copy without history, or a machine without git.
    return undefined;
  }
}
