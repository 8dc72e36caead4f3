import type { Dataset } from "../batches/dataset";
import type { Evaluation } from "./evaluate";
import type { StartedStep, StepReport, Trainer } from "./trainer";

/** An evaluation during training. */
export interface EvaluationReport extends Evaluation {
  readonly step: number;
  readonly weights: "live" | "ema";
}

/** What a run recorded. */
export interface History {
  readonly steps: readonly StepReport[];
  readonly evaluations: readonly EvaluationReport[];
  /** True when the run was stopped before its last step; the trainer keeps its state and can go on. */
  readonly interrupted: boolean;
  /** Seconds spent in training steps, without the evaluations. */
  readonly trainingSeconds: number;
}

/** How long to train, and who wants to know. */
export interface TrainOptions {
  /** Train until this many steps are done in all. Default: the settings' totalSteps. */
  readonly untilStep?: number;
  /** Held-out puzzles. */
  readonly test?: Dataset;
  /** Evaluate after every so many steps, and at the end. */
  readonly evaluateEvery?: number;
  /** Which weights to evaluate. Default: the averaged ones. */
  readonly weights?: readonly ("live" | "ema")[];
  /** Stops after the steps under way, which may be two. */
  readonly signal?: AbortSignal;
  /** Gets every report, while the device is at the next step already: see {@link TrainOptions.pauseAfter}. */
  readonly onStep?: (report: StepReport) => void | Promise<void>;
  /** Steps after which the device waits for `onStep`, which then finds the trainer as the step left it: to save it, say. */
  readonly pauseAfter?: (step: number) => boolean;
  readonly onEvaluation?: (report: EvaluationReport, trainer: Trainer) => void | Promise<void>;
  /** Ends training early, such as when the accuracy is reached that was asked for. */
  readonly stopWhen?: (report: EvaluationReport) => boolean;
}

/**
 * Trains step by step and evaluates now and then. The device gets each step before the report of the one before is read, so that it
 * never waits for the host, except before an evaluation and where `pauseAfter` asks for it.
 *
 * An interrupt or a failing callback loses nothing: `trainer` stands at its last complete step.
 */
export async function train(trainer: Trainer, options: TrainOptions = {}): Promise<History> {
  const { untilStep = trainer.config.totalSteps, test, evaluateEvery = untilStep, signal } = options;
  const evaluatedAfter = (step: number) => step % evaluateEvery === 0 || step === untilStep;
  const pausesAfter = (step: number) =>
    (test !== undefined && evaluatedAfter(step)) || options.pauseAfter?.(step) === true;
  const goesOn = () => trainer.step < untilStep && !signal?.aborted;
  const steps: StepReport[] = [];
  const evaluations: EvaluationReport[] = [];
  let trainingSeconds = 0;
  let begun = 0;
  let reached = false;
  let following: Promise<StartedStep> | undefined;
  try {
    while (!reached && (following !== undefined || goesOn())) {
      if (following === undefined) begun = performance.now();
      const current = await (following ?? trainer.start());
      following = !pausesAfter(current.step) && goesOn() ? thrownLater(trainer.start()) : undefined;
      const report = await current.report();
      const now = performance.now();
      trainingSeconds += (now - begun) / 1000;
      begun = now;
      steps.push(report);
      await options.onStep?.(report);
      if (test === undefined || !evaluatedAfter(report.step)) continue;
      for (const weights of options.weights ?? ["ema"]) {
        if (signal?.aborted) break;
        const evaluation = await unlessAborted(trainer.evaluate(test, { weights, signal }), signal);
        if (evaluation === undefined) break;
        const evaluationReport = { step: report.step, weights, ...evaluation };
        evaluations.push(evaluationReport);
        await options.onEvaluation?.(evaluationReport, trainer);
        reached ||= options.stopWhen?.(evaluationReport) ?? false;
      }
    }
  } finally {
    // After an error, too, nothing may go on behind the caller's back.
    await following?.catch(() => {});
  }
  return { steps, evaluations, trainingSeconds, interrupted: trainer.step < untilStep && !reached };
}

/** The same promise, whose error waits until somebody awaits it instead of ending the process. */
function thrownLater<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}

/** The result, or undefined where the signal cut the work short. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (signal?.aborted) return undefined;
    throw error;
  }
}
