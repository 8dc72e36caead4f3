import { type EngineOptions, startEngine } from "tfjs-compile";
import type { Worker } from "../processes";
import { engineOptionsFor, type RunEnvironment, runEnvironment } from "./environment";
import { resumable } from "./resume";
import { type RunResult, runTraining } from "./run-training";

/** A run to train in a process of its own, and with what. */
export interface TrainingRequest {
  /** Holds the run's `config.json`, and its checkpoints where it has some. */
  readonly folder: string;
  readonly threads?: number;
  readonly device?: EngineOptions["backend"];
}

/** The result of a run that was trained to its end. */
export type Trained = Pick<RunResult, "step" | "seconds" | "processorSeconds" | "parameters"> &
  RunEnvironment;

/** An event of a run under way. */
export type RunMessage =
  | { readonly event: "start"; readonly totalSteps: number }
  | { readonly event: "step"; readonly step: number; readonly loss: number }
  /** `evaluations.csv` has a new row. */
  | { readonly event: "evaluation"; readonly solved: number };

/** The end of a run that did not fail. */
export type EndMessage =
  | { readonly event: "done"; readonly trained: Trained }
  | { readonly event: "interrupted" };

/** Trains the run in a folder, from its newest checkpoint where it has one, in a process of its own. */
export const trainingWorker: Worker<TrainingRequest, RunMessage | EndMessage> = {
  name: "training-worker",
  file: __filename,
  async work({ requests, signal, tell }) {
    const { value: request } = await requests.next();
    if (request !== undefined) await tell(await trainFolder(request, signal, tell));
  },
};

/**
 * Trains the run in a folder, from its newest checkpoint where it has one, in this process.
 * @throws Error as {@link runTraining} does
 */
export async function trainFolder(
  { folder, threads, device }: TrainingRequest,
  signal: AbortSignal,
  tell: (message: RunMessage) => void,
): Promise<EndMessage> {
  const resume = resumable(folder);
  await startEngine(engineOptionsFor(resume.config.training.devices, { backend: device, threads }));
  const { interrupted, step, seconds, processorSeconds, parameters } = await runTraining(resume.config, {
    folder,
    resume,
    signal,
    onStart: ({ totalSteps }) => tell({ event: "start", totalSteps }),
    onStep: ({ step, loss }) => tell({ event: "step", step, loss }),
    onEvaluation: ({ solved }) => tell({ event: "evaluation", solved }),
  });
  const trained = { step, seconds, processorSeconds, parameters, ...runEnvironment(threads) };
  return interrupted ? { event: "interrupted" } : { event: "done", trained };
}
