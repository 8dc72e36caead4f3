import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { disposeTree } from "tfjs-compile";
import type { Model } from "trm/model";
import { type HostState, initTrainState, type TrainState } from "trm/trainer";
import { z } from "zod";
import {
  readJsonFile,
  readSafetensors,
  removeFolderAtomic,
  removeLeftovers,
  type StoredTensor,
  sentenceOf,
  writeFolderAtomic,
  writeSafetensors,
} from "../files";
import { readTree, storeTree } from "./tree";

/** Raised when the files change in a way that older code cannot read. */
const FORMAT = 1;

const randomState = z.object({ seed: z.string(), state: z.array(z.int()) });
const step = z.int().min(0);
/** The state of the host, as files hold it. */
export const hostSchema: z.ZodType<HostState> = z.object({
  step,
  sampler: z.object({
    iteration: z.int(),
    dataset: z.int(),
    position: z.int(),
    orderRandom: randomState,
    random: randomState,
  }),
  exploration: randomState,
});
const checkpointSchema = z.object({ format: z.literal(FORMAT), host: hostSchema, about: z.unknown() });

/** A whole training state on disk, without its tensors until they are asked for. */
export interface Checkpoint {
  readonly path: string;
  /** Steps done. */
  readonly step: number;
  readonly host: HostState;
  /** Data saved beside the state, such as the run's configuration. Not checked here. */
  readonly about: unknown;
  /** Every tensor of the state by its path: `params.…`, `ema.…`, `optimizer.…`, `carry.…`. */
  tensors(): Record<string, StoredTensor>;
  /**
   * The state for this model, to go on from; the caller owns it.
   * @throws Error naming the tensor that does not fit the model
   */
  state(model: Model, batchSize: number): TrainState;
}

/** Data to save beside the state, and the number of checkpoints to keep. */
export interface SaveOptions {
  /** Plain JSON. */
  readonly about: unknown;
  /** Older checkpoints beyond this number are removed once the new one is complete. */
  readonly keep: number;
  /** The step whose checkpoint stays besides, the best one so far. */
  readonly best?: number;
}

/** Saves the whole training state; see {@link writeCheckpoint}. */
export async function saveCheckpoint(
  folder: string,
  state: TrainState,
  host: HostState,
  options: SaveOptions,
): Promise<string> {
  return writeCheckpoint(folder, await storeTree(state), host, options);
}

/**
 * Writes a training state as `FOLDER/step-00001200/{state.safetensors,checkpoint.json}`. The name appears only
 * when everything is on the disk, so a killed process leaves the checkpoints that it had.
 * @returns the path of the checkpoint
 */
export function writeCheckpoint(
  folder: string,
  tensors: Readonly<Record<string, StoredTensor>>,
  host: HostState,
  { about, keep, best }: SaveOptions,
): string {
  mkdirSync(folder, { recursive: true });
  removeLeftovers(folder);
  const path = checkpointFolder(folder, host.step);
  const fill = (temporary: string) => {
    writeSafetensors(join(temporary, "state.safetensors"), tensors);
    writeFileSync(join(temporary, "checkpoint.json"), `${JSON.stringify({ format: FORMAT, host, about })}\n`);
  };
  writeFolderAtomic(path, fill, { replace: true });
  for (const old of listCheckpoints(folder).slice(0, -keep)) {
    if (keep === 1 || checkpointStep(old) !== best) removeFolderAtomic(old);
  }
  return path;
}

/** The checkpoint of a step in a folder of checkpoints. */
export function checkpointFolder(folder: string, step: number): string {
  return join(folder, `step-${String(step).padStart(8, "0")}`);
}

/** The complete checkpoints of a folder, oldest first. */
export function listCheckpoints(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => /^step-\d{8,}$/.test(name));
  return names.sort((a, b) => checkpointStep(a) - checkpointStep(b)).map((name) => join(folder, name));
}

/** The step that a checkpoint's name tells, whatever state its files are in. */
export function checkpointStep(path: string): number {
  return Number(basename(path).slice("step-".length));
}

/** The newest checkpoint of a folder, or undefined where there is none. */
export function latestCheckpoint(folder: string): string | undefined {
  return listCheckpoints(folder).at(-1);
}

/**
 * Opens a checkpoint.
 * @throws Error naming the file and the field that is missing or damaged
 */
export function readCheckpoint(path: string): Checkpoint {
  const file = join(path, "checkpoint.json");
  if (!existsSync(file)) throw new Error(`${path} is not a checkpoint: it has no ${basename(file)}`);
  const { host, about } = orAnother(path, contentOf);
  const stateFile = join(path, "state.safetensors");
  const tensors = () => orAnother(path, tensorsOf);
  return {
    path,
    step: host.step,
    host,
    about,
    tensors,
    state(model, batchSize) {
      const template = initTrainState(model, model.init({ normal: () => 0 }), batchSize);
      try {
        return readTree(template, tensors(), stateFile);
      } finally {
        disposeTree(template);
      }
    },
  };
}

const contentOf = (path: string) => readJsonFile(join(path, "checkpoint.json"), checkpointSchema);
const tensorsOf = (path: string) => readSafetensors(join(path, "state.safetensors")).tensors;

/** Reads a part of a checkpoint; where it is damaged, the error names the newest one beside it that is whole. */
function orAnother<R>(path: string, read: (path: string) => R): R {
  try {
    return read(path);
  } catch (error) {
    const others = listCheckpoints(dirname(path)).filter((other) => basename(other) !== basename(path));
    const whole = others.reverse().find(isWhole);
    if (!whole) throw error;
    throw new Error(`${sentenceOf(error)}; ${whole} is whole: give that path instead`);
  }
}

function isWhole(path: string): boolean {
  try {
    contentOf(path);
    return Object.keys(tensorsOf(path)).length > 0;
  } catch {
    return false;
  }
}
