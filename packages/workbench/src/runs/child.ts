import { existsSync } from "node:fs";
import { join } from "node:path";
import type { RunConfig } from "../config/config";
import { writeFileAtomic } from "../files";
import { startWorker, type WorkerOptions } from "../processes";
import { type RunMessage, type Trained, type TrainingRequest, trainingWorker } from "./worker";

/** The end of a run in its own process. */
export type ChildOutcome =
  | { readonly trained: Trained }
  | { readonly error: string }
  | { readonly interrupted: true };

/** Options for training in a separate process. */
export interface ChildOptions
  extends Pick<TrainingRequest, "threads" | "device">,
    Pick<WorkerOptions, "onLine"> {
  /** Lets the process save a checkpoint and end. */
  readonly signal: AbortSignal;
  readonly onMessage?: (message: RunMessage) => void;
}

/**
 * Trains a run in a process of its own, from its newest checkpoint where it has one: a crash, or an engine out
 * of memory, ends one run and not the caller, and several runs use several cores.
 */
export async function trainInChild(
  folder: string,
  config: RunConfig,
  { threads, device, signal, onMessage, onLine }: ChildOptions,
): Promise<ChildOutcome> {
  const configFile = join(folder, "config.json");
  // A run without checkpoints is resumed from its start, so that all runs begin alike.
  if (!existsSync(configFile)) writeFileAtomic(configFile, `${JSON.stringify(config, null, 2)}\n`);
  const worker = startWorker(trainingWorker, { onLine });
  worker.send({ folder, threads, device });
  signal.addEventListener("abort", worker.stop);
  if (signal.aborted) worker.stop();
  try {
    for (;;) {
      const message = await worker.next();
      if (message.event === "done") return { trained: message.trained };
      if (message.event === "interrupted") return { interrupted: true };
      onMessage?.(message);
    }
  } catch (error) {
    return { error: (error as Error).message };
  } finally {
    signal.removeEventListener("abort", worker.stop);
    await worker.close();
  }
}
