import type { Dataset } from "../batches/dataset";
import type { Evaluation } from "./evaluate";
import type { StartedStep, StepReport, Trainer, TrainerEvaluateOptions } from "./trainer";

/** An evaluation during training. */
export interface EvaluationReport extends Evaluation {
  readonly step: number;
  readonly weights: "live" | "ema";
}

/** The record of a run. */
export interface History {
  readonly steps: readonly StepReport[];
  readonly evaluations: readonly EvaluationReport[];
  /** True when the run was stopped before its last step; the trainer keeps its state and can go on. */
  readonly interrupted: boolean;
  /** Seconds spent in training steps, without evaluating and saving. */
  readonly trainingSeconds: number;
}

/** The schedule of a run, and its listeners. "Every" counts steps; below 1 it is a share of the whole run; 0 is the end only. */
export interface TrainOptions {
  /** Train until this many steps are done in all. @default the settings' totalSteps */
  readonly untilStep?: number;
  /** Held-out puzzles; several datasets are evaluated as one. */
  readonly test?: Dataset | readonly Dataset[];
  /** Evaluate every so often, and at the end. @default 0 */
  readonly evaluateEvery?: number;
  /** Weights to evaluate. @default ["ema"] */
  readonly weights?: readonly ("live" | "ema")[];
  /** Batch size and supervision steps of an evaluation. @default those of training */
  readonly evaluation?: Pick<TrainerEvaluateOptions, "batchSize" | "supervisionSteps">;
  /** Evaluate before the first step, because an earlier call was stopped during that evaluation. */
  readonly evaluationDue?: boolean;
  /** Save every so often, and when training ends or is stopped. @default 0 */
  readonly saveEvery?: number;
  /** Saves the trainer, which stands still meanwhile. `evaluationDue` tells whether its last evaluation was cut short. */
  readonly save?: (progress: { readonly evaluationDue: boolean }) => void | Promise<void>;
  /** Stops after the steps under way, which may be two; a step that is still being compiled is given up. */
  readonly signal?: AbortSignal;
  /** Gets every report. The device may be at the next step already. */
  readonly onStep?: (report: StepReport) => void | Promise<void>;
  /** Gets the evaluations of all `weights` after a step, or none of them where the signal cut them short. */
  readonly onEvaluation?: (report: EvaluationReport, trainer: Trainer) => void | Promise<void>;
  /** Ends training early, for example at a wanted accuracy. */
  readonly stopWhen?: (report: EvaluationReport) => boolean;
}

/**
 * Trains step by step; evaluates and saves on a schedule. The device gets each step before the report of the last one is read,
 * so it never waits for the host, except before an evaluation or a save.
 *
 * An interrupt or a failing callback loses nothing: `trainer` stands at its last complete step.
 * @throws RangeError for an interval that is not a number of steps or a share; Error when the loss becomes NaN
 * @example
 * const task = sudokuTask({ box: [2, 2], train: 100, test: 20, seed: 1 });
 * const size = { hiddenSize: 32, widthMultiple: 32, n: 2, T: 1, supervisionSteps: 2, puzzleEmbSize: 0, puzzleEmbLen: 0 };
 * const model = createModel({ ...paperModel, ...size, vocabSize: 6, seqLen: 16, numPuzzleIdentifiers: 1 });
 * const trainer = createTrainer(model, { ...paperTraining, batchSize: 16, totalSteps: 4 }, task.train);
 * const { steps, evaluations } = await train(trainer, { test: task.test, evaluateEvery: 2 });
 */
export async function train(trainer: Trainer, options: TrainOptions = {}): Promise<History> {
  const { untilStep = trainer.config.totalSteps, test, save, signal } = options;
  const { weights = ["ema"], evaluateEvery = 0, saveEvery = 0 } = options;
  const intervals = {
    evaluate: stepsBetween("evaluateEvery", evaluateEvery, trainer.config.totalSteps),
    save: stepsBetween("saveEvery", saveEvery, trainer.config.totalSteps),
  };
  const isDue = (what: "evaluate" | "save", step: number) =>
    (what === "save" ? save : test) !== undefined && (step === untilStep || step % intervals[what] === 0);
  const goesOn = () => trainer.step < untilStep && !signal?.aborted;
  const steps: StepReport[] = [];
  const evaluations: EvaluationReport[] = [];
  let trainingSeconds = 0;
  let begun = 0;
  let reached = false;
  let following: Promise<StartedStep> | undefined;
  let { evaluationDue = false } = options;
  let savedAt: number | undefined;

  const evaluateNow = async () => {
    if (test === undefined) return;
    evaluationDue = true;
    const reports: EvaluationReport[] = [];
    for (const which of weights) {
      const evaluating = trainer.evaluate(test, { ...options.evaluation, weights: which, signal });
      const evaluation = await unlessAborted(evaluating, signal);
      if (evaluation === undefined) return;
      reports.push({ step: trainer.step, weights: which, ...evaluation });
    }
    evaluationDue = false;
    for (const report of reports) {
      evaluations.push(report);
      await options.onEvaluation?.(report, trainer);
      reached ||= options.stopWhen?.(report) ?? false;
    }
  };
  const saveNow = async () => {
    if (savedAt === trainer.step) return;
    await save?.({ evaluationDue });
    savedAt = trainer.step;
  };

  try {
    if (evaluationDue) await evaluateNow();
    while (!reached && (following !== undefined || goesOn())) {
      if (following === undefined) begun = performance.now();
      const current = await unlessAborted(following ?? trainer.start(signal), signal);
      following = undefined;
      if (current === undefined) break;
      const pauses = isDue("evaluate", current.step) || isDue("save", current.step);
      following = !pauses && goesOn() ? thrownLater(trainer.start(signal)) : undefined;
      const report = await current.report();
      const now = performance.now();
      trainingSeconds += (now - begun) / 1000;
      begun = now;
      if (!Number.isFinite(report.loss)) {
        throw new Error(
          `the loss became ${report.loss} at step ${report.step}: try a lower training.learningRate`,
        );
      }
      steps.push(report);
      await options.onStep?.(report);
      if (isDue("evaluate", report.step)) await evaluateNow();
      // After the evaluation, so that a run resumed here has it.
      if (isDue("save", report.step)) await saveNow();
    }
    await saveNow();
  } finally {
    // Also after an error, no step may still run when this returns.
    await following?.catch(() => {});
  }
  return { steps, evaluations, trainingSeconds, interrupted: trainer.step < untilStep && !reached };
}

/** The number of steps that "every" stands for; infinite for the end only. */
function stepsBetween(option: string, every: number, totalSteps: number): number {
  if (every === 0) return Number.POSITIVE_INFINITY;
  if (every > 0 && every < 1) return Math.max(1, Math.round(every * totalSteps));
  if (Number.isInteger(every) && every >= 1) return every;
  throw new RangeError(
    `${option} is ${every}; it must be a whole number of steps, a share of the run below 1, or 0 for its end only`,
  );
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
