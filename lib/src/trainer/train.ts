import type { Dataset } from "../batches/dataset";
import type { Evaluation } from "./evaluate";
import type { StepReport, Trainer } from "./trainer";

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
  /** Stops after the current step. */
  readonly signal?: AbortSignal;
  readonly onStep?: (report: StepReport, trainer: Trainer) => void | Promise<void>;
  readonly onEvaluation?: (report: EvaluationReport, trainer: Trainer) => void | Promise<void>;
  /** Ends training early, such as when the accuracy is reached that was asked for. */
  readonly stopWhen?: (report: EvaluationReport) => boolean;
}

/**
 * Trains step by step and evaluates now and then.
 * An interrupt or a failing callback loses nothing: `trainer` stands at its last complete step.
 */
export async function train(trainer: Trainer, options: TrainOptions = {}): Promise<History> {
  const { untilStep = trainer.config.totalSteps, test, evaluateEvery = untilStep, signal } = options;
  const steps: StepReport[] = [];
  const evaluations: EvaluationReport[] = [];
  let trainingSeconds = 0;
  let reached = false;
  while (trainer.step < untilStep && !reached && !signal?.aborted) {
    const start = performance.now();
    const report = await trainer.next();
    trainingSeconds += (performance.now() - start) / 1000;
    steps.push(report);
    await options.onStep?.(report, trainer);
    if (test && (report.step % evaluateEvery === 0 || report.step === untilStep)) {
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
  }
  return { steps, evaluations, trainingSeconds, interrupted: trainer.step < untilStep && !reached };
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
