/** Everything that is to be measured on an accelerator, in pieces that fit into limited time. */
import { join } from "node:path";
import type { ModelConfig } from "trm/model";
import { publicConfig, type RunConfig } from "trm-workbench/config";
import {
  modelConfigFor,
  openRunData,
  readEvaluations,
  readSteps,
  trainInChild,
  trainingConfigFor,
} from "trm-workbench/runs";
import type { MeasureRequest } from "./measure";
import { joinPieces, writePieces } from "./pieces";
import { measureOurs, measurePeer, peerProblem } from "./processes";
import { type AcceleratorReport, type Measurement, measured, openReport, saveReport } from "./report";

/** Options of {@link runAccelerator}. */
export interface AcceleratorOptions {
  /** Gets `report.json`, `report.md`, `curve.json`, and the training run in `run/`. */
  readonly folder: string;
  /** The run to train. Its model is measured with both mixers. */
  readonly config: RunConfig;
  readonly batchSizes: readonly number[];
  /** Steps of each measurement. */
  readonly steps: number;
  /** Stop after about so many seconds: the next call goes on. */
  readonly seconds: number;
  /** Seconds to train in all, over all calls; 0 leaves training out. */
  readonly trainingSeconds: number;
  /** Keeps the run's checkpoint in the folder as small files, too, and goes on from such files. */
  readonly pieces?: boolean;
  /** The Python whose PyTorch is compared with. */
  readonly peerPython: string;
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** A process needs so long to start, and to save its checkpoint when it is stopped; with less, nothing is begun. */
const RESERVE_SECONDS = 20;

/** The time that is left, and a test if it suffices for the next piece. */
interface Clock {
  readonly left: () => number;
  readonly enough: () => boolean;
}

/**
 * Measures training steps with both mixers and each batch size, each right before the same step in compiled PyTorch, and then
 * trains. What an earlier call has finished is not done again; what failed is tried again.
 *
 * @returns the report, and whether everything was done
 * @throws Error when the folder holds a report about another configuration, or training fails
 */
export async function runAccelerator(
  options: AcceleratorOptions,
): Promise<{ report: AcceleratorReport; done: boolean }> {
  const { folder, config, batchSizes, signal } = options;
  const ends = performance.now() + 1000 * options.seconds;
  const left = () => (ends - performance.now()) / 1000;
  const clock = { left, enough: () => !signal.aborted && left() > RESERVE_SECONDS };
  // Files of the project have the same names on every machine.
  const report = openReport(folder, publicConfig(config), options.steps);
  const { model, totalSteps } = await sizes(config);

  for (const mixer of ["mlp", "attention"] as const) {
    for (const batchSize of batchSizes) {
      const request: MeasureRequest = {
        model: { ...model, mixer, positions: mixer === "mlp" ? "none" : "rope" },
        training: { ...config.training, batchSize },
        steps: options.steps,
      };
      if (!(await measureBoth(report, request, options, clock))) return { report, done: false };
    }
  }
  return { report, done: await trainOn(report, totalSteps, options, clock) };
}

/** The model with what its data decides, and the steps of the whole run. */
async function sizes(config: RunConfig): Promise<{ model: ModelConfig; totalSteps: number }> {
  const data = await openRunData(config.data);
  try {
    return {
      model: modelConfigFor(config, data),
      totalSteps: trainingConfigFor(config, data).totalSteps,
    };
  } finally {
    data.close();
  }
}

/** Measures our step and PyTorch's where the report lacks them. @returns false when the time was over before */
async function measureBoth(
  report: AcceleratorReport,
  request: MeasureRequest,
  options: AcceleratorOptions,
  clock: Clock,
): Promise<boolean> {
  const { folder, peerPython, signal, onProgress } = options;
  const { mixer } = request.model;
  const { batchSize } = request.training;
  const limits = () => ({ seconds: clock.left(), signal });
  const keep = (measurement: Measurement) => {
    const at = report.measurements.findIndex((m) => m.mixer === mixer && m.batchSize === batchSize);
    report.measurements.splice(at < 0 ? report.measurements.length : at, 1, measurement);
    saveReport(folder, report);
  };

  let known = report.measurements.find((m) => m.mixer === mixer && m.batchSize === batchSize);
  if (!measured(known?.ours)) {
    if (!clock.enough()) return false;
    onProgress(`measuring ${mixer}, batch ${batchSize}`);
    const ours = await measureOurs(request, limits());
    if (signal.aborted) return false;
    known = { ...known, mixer, batchSize, ours };
    keep(known);
  }
  const ours = measured(known?.ours);
  if (!known || !ours || measured(known.peer)) return true;
  if (!clock.enough()) return false;
  const device = /^cpu/i.test(ours.environment.device) ? "cpu" : "cuda";
  const problem = await peerProblem(peerPython, device, limits());
  onProgress(problem ? `PyTorch: ${problem}` : `measuring PyTorch, ${mixer}, batch ${batchSize}`);
  const peer = problem ? { problem } : await measurePeer(peerPython, device, request, limits());
  if (signal.aborted) return false;
  keep({ ...known, peer });
  return true;
}

/** Trains for the time that is left. @returns whether the run is done, or has had all of its time */
async function trainOn(
  report: AcceleratorReport,
  totalSteps: number,
  { folder, config, trainingSeconds, pieces, signal, onProgress }: AcceleratorOptions,
  clock: Clock,
): Promise<boolean> {
  const run = join(folder, "run");
  const before = report.training?.wallSeconds ?? 0;
  const isDone = () =>
    (report.training?.wallSeconds ?? 0) >= trainingSeconds || report.training?.step === totalSteps;
  if (isDone()) return true;
  if (!clock.enough()) return false;
  if (pieces && joinPieces(folder, run)) onProgress("going on from the checkpoint in pieces");
  const begun = performance.now();
  const seconds = Math.min(trainingSeconds - before, clock.left() - RESERVE_SECONDS);
  onProgress(`training for ${Math.round(seconds)} s`);
  const outcome = await trainInChild(run, config, {
    device: "pjrt",
    signal: AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(1000 * seconds))]),
    onMessage: (message) => {
      if (message.event === "evaluation")
        onProgress(`${(100 * message.solved).toFixed(1)}% of held-out puzzles solved`);
    },
  });
  if ("error" in outcome) throw new Error(`training failed: ${outcome.error}`);
  const steps = readSteps(run);
  report.training = {
    seconds: steps.seconds.at(-1) ?? 0,
    wallSeconds: before + (performance.now() - begun) / 1000,
    step: steps.step.at(-1) ?? 0,
    totalSteps,
    evaluations: readEvaluations(run),
  };
  const left = pieces && writePieces(run, folder);
  if (left) report.training.pieces = left;
  saveReport(folder, report);
  return isDone();
}
