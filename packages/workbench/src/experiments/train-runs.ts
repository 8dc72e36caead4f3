import { rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { RunConfig } from "../config";
import { type ChildOutcome, lockRun, type RunMessage, type TrainingRequest, trainInChild } from "../runs";
import { writeFacts } from "./facts";

/** A run to train, and where. */
export interface RunToTrain {
  /** For people. */
  readonly name: string;
  readonly folder: string;
  readonly config: RunConfig;
  /** Removes the content of the folder and starts over. */
  readonly restart?: boolean;
}

/** An event of a run under way. */
export type RunEvent =
  | RunMessage
  | { readonly event: "begin" }
  /** A line that the run's process wrote for people. */
  | { readonly event: "line"; readonly text: string }
  | { readonly event: "end"; readonly outcome: ChildOutcome };

/** How a run stands that this process does not train: for example, a job of a cluster will. */
export interface PendingRun {
  readonly state: "waiting" | "running" | "stopped" | "missing" | "unknown";
  /** Training steps done. */
  readonly step: number;
  readonly job?: string;
  /** Who trains it, such as `job 17_3 on node4`. */
  readonly by?: string;
}

/** How a run ended, or how it stands. */
export type RunOutcome = ChildOutcome | PendingRun;

/** Trains runs, here or elsewhere. */
export type TrainRuns = <R extends RunToTrain>(
  runs: readonly R[],
  options: TrainRunsOptions<R>,
) => Promise<Map<R, RunOutcome>>;

/** Options of {@link trainRuns}. */
export interface TrainRunsOptions<R extends RunToTrain> {
  /** Processes at a time. @default one per core, with the laptop's budget the best use of them; a single one on a PJRT device */
  readonly jobs?: number;
  /** Of each process. @default the cores, shared out among the processes */
  readonly threads?: number;
  readonly device?: TrainingRequest["device"];
  /** Lets the running processes save a checkpoint and end; no other is started then. */
  readonly signal: AbortSignal;
  readonly onEvent?: (run: R, event: RunEvent) => void;
}

/**
 * Trains runs in processes of their own, several at a time, each from its newest checkpoint where it has one. A run that
 * fails does not keep the others from training.
 * @returns how each of them ended; those that were not begun are missing
 */
export async function trainRuns<R extends RunToTrain>(
  runs: readonly R[],
  { jobs, threads, device, signal, onEvent }: TrainRunsOptions<R>,
): Promise<Map<R, ChildOutcome>> {
  const cores = availableParallelism();
  const processes = Math.max(1, Math.min(jobs ?? (usesPjrt(runs, device) ? 1 : cores), runs.length));
  const shared = {
    // One process alone leaves the number to its engine.
    ...(processes > 1 && { threads: Math.max(1, Math.floor(cores / processes)) }),
    ...(threads !== undefined && { threads }),
    ...(device !== undefined && { device }),
    signal,
  };
  const outcomes = new Map<R, ChildOutcome>();
  const waiting = [...runs];
  const worker = async () => {
    for (let run = waiting.shift(); run && !signal.aborted; run = waiting.shift()) {
      const outcome = await trainRun(run, shared, onEvent);
      outcomes.set(run, outcome);
      onEvent?.(run, { event: "end", outcome });
    }
  };
  await Promise.all(Array.from({ length: processes }, worker));
  return outcomes;
}

/** The first process on a GPU takes most of its memory. */
function usesPjrt(runs: readonly RunToTrain[], device: TrainingRequest["device"] = "auto"): boolean {
  if (runs.some(({ config }) => config.training.devices > 1)) return true;
  return (device === "auto" ? process.env.TFJS_COMPILE_BACKEND : device) === "pjrt";
}

async function trainRun<R extends RunToTrain>(
  run: R,
  shared: Omit<Parameters<typeof trainInChild>[2], "onMessage" | "onLine">,
  onEvent: TrainRunsOptions<R>["onEvent"],
): Promise<ChildOutcome> {
  onEvent?.(run, { event: "begin" });
  try {
    if (run.restart) removeRun(run.folder);
    const outcome = await trainInChild(run.folder, run.config, {
      ...shared,
      onMessage: (message) => onEvent?.(run, message),
      onLine: (text) => onEvent?.(run, { event: "line", text }),
    });
    if ("trained" in outcome) writeFacts(run.folder, run.config, outcome.trained);
    return outcome;
  } catch (error) {
    return { error: (error as Error).message };
  }
}

/** Removes a run, but not from under a process that is training it. @throws LockedError naming that process */
export function removeRun(folder: string): void {
  const release = lockRun(folder);
  rmSync(folder, { recursive: true });
  release();
}
