import { existsSync } from "node:fs";
import { join } from "node:path";
import { countParameters, createModel, type Model } from "trm/model";
import { createTrainer, type EvaluationReport, type StepReport, type Trainer, train } from "trm/trainer";
import { checkpointStep, listCheckpoints, readCheckpoint, saveCheckpoint } from "../checkpoints";
import type { EvaluationConfig, RunConfig } from "../config/config";
import { removeFolderAtomic, takeLock, writeFileAtomic } from "../files";
import { type AboutRun, aboutRun, paramsFrom, type StoredWeights } from "../official/weights";
import { modelConfigFor, openRunData, type RunData } from "./data";
import { evaluateAll, firstExamples } from "./evaluate";
import { type Metrics, openMetrics } from "./metrics";
import { differences, type Resumable } from "./resume";

/** What a run may be told besides its configuration. */
export interface RunOptions {
  /** The run's folder: `config.json`, `steps.csv`, `evaluations.csv`, `checkpoints/`, `tensorboard/`. */
  readonly folder: string;
  /** Go on from this checkpoint; see {@link resumable}. Without it the folder must not hold a run. */
  readonly resume?: Resumable;
  /** Start from these weights instead of random ones. */
  readonly weights?: StoredWeights;
  /** Train until this many steps are done in all. Default: the whole run. */
  readonly untilStep?: number;
  /** Stops after the steps under way and saves a checkpoint. */
  readonly signal?: AbortSignal;
  readonly onStart?: (facts: { model: Model; data: RunData; step: number; totalSteps: number }) => void;
  readonly onStep?: (report: StepReport) => void;
  readonly onEvaluation?: (report: EvaluationReport) => void;
  readonly onCheckpoint?: (path: string) => void;
}

/** How a run ended. */
export interface RunResult {
  readonly folder: string;
  readonly step: number;
  readonly totalSteps: number;
  readonly interrupted: boolean;
  /** Seconds spent in training steps, those before a resume included. */
  readonly seconds: number;
  /** The same in seconds of one processor core, which other work on the machine hardly changes. */
  readonly processorSeconds: number;
  /** Numbers that learn, without puzzle embeddings. */
  readonly parameters: number;
  /** The last report of each, where there was one. */
  readonly training?: StepReport;
  readonly evaluations: readonly EvaluationReport[];
  readonly checkpoint: string;
}

/**
 * Trains as a configuration says, and keeps on disk everything that a killed process needs to go on: resumed, it ends with
 * the same weights, bit for bit, as if it had never stopped.
 *
 * @throws Error naming the field, file or checkpoint that is wrong, or the process that trains into the folder already; or
 * when the loss is no number any more
 * @example
 * await startEngine();
 * await runTraining(presetConfig("sudoku-4x4"), { folder: "runs/first" });
 */
export async function runTraining(config: RunConfig, options: RunOptions): Promise<RunResult> {
  const release = lockRun(options.folder);
  try {
    return await trainLocked(config, options);
  } finally {
    release();
  }
}

/**
 * Keeps other processes from training into a folder.
 * @returns releases it
 * @throws Error naming the process that trains into it
 */
export function lockRun(folder: string): () => void {
  return takeLock(join(folder, "run.lock"), `${folder} is being trained`);
}

async function trainLocked(config: RunConfig, options: RunOptions): Promise<RunResult> {
  const { folder, resume, signal } = options;
  const configFile = join(folder, "config.json");
  if (!resume && existsSync(configFile)) {
    throw new Error(`${folder} holds a run already: resume it, or choose another folder`);
  }
  const data = await openRunData(config.data);
  try {
    const totalSteps = data.totalSteps(config.training.batchSize) ?? config.training.totalSteps;
    const model = createModel(modelConfigFor(config, data));
    const { trainer, ...before } = startTrainer(config, totalSteps, model, data, options);
    try {
      writeFileAtomic(configFile, `${JSON.stringify(config, null, 2)}\n`);
      removeLaterCheckpoints(folder, trainer.step);
      options.onStart?.({ model, data, step: trainer.step, totalSteps });
      const session = openSession(config, trainer, data, before, options);
      try {
        await session.begin();
        const history = await train(trainer, {
          untilStep: options.untilStep ?? totalSteps,
          ...(signal && { signal }),
          onStep: (report) => session.afterStep(report),
          pauseAfter: session.pausesAfter,
        });
        return { ...(await session.finish()), interrupted: history.interrupted };
      } finally {
        session.metrics.close();
      }
    } finally {
      trainer.dispose();
    }
  } finally {
    data.close();
  }
}

/** What the files of a run must remember besides the training state. */
type Progress = Pick<AboutRun, "seconds" | "processorSeconds" | "evaluationDue">;

function startTrainer(
  config: RunConfig,
  totalSteps: number,
  model: Model,
  data: RunData,
  { resume, weights }: RunOptions,
): { trainer: Trainer } & Progress {
  const training = { ...config.training, totalSteps };
  const shared = {
    epochsPerIteration: data.epochsPerIteration,
    ...(data.augment && { augment: data.augment }),
  };
  if (!resume?.checkpoint) {
    const params = weights && paramsFrom(model, weights);
    return {
      trainer: createTrainer(model, training, data.train, { ...shared, ...(params && { params }) }),
      seconds: 0,
      processorSeconds: 0,
      evaluationDue: false,
    };
  }
  const checkpoint = readCheckpoint(resume.checkpoint);
  const about = aboutRun(checkpoint.about, checkpoint.path);
  const [changed] = differences({ model: about.model }, { model: model.config });
  if (changed) {
    const [path, was, is] = changed;
    throw new Error(
      `${checkpoint.path}: ${path} was ${JSON.stringify(was)} when it was saved and is ${JSON.stringify(is)} now; ` +
        "has the data been replaced?",
    );
  }
  const state = checkpoint.state(model, training.batchSize);
  const trainer = createTrainer(model, training, data.train, {
    ...shared,
    resume: { state, host: checkpoint.host },
  });
  const { seconds, processorSeconds, evaluationDue } = about;
  return { trainer, seconds, processorSeconds, evaluationDue };
}

/** A run that goes on from an older checkpoint makes those after it anew. */
function removeLaterCheckpoints(folder: string, step: number): void {
  for (const path of listCheckpoints(join(folder, "checkpoints"))) {
    if (checkpointStep(path) > step) removeFolderAtomic(path);
  }
}

/** What happens between the steps: metrics, evaluations, checkpoints. */
function openSession(
  config: RunConfig,
  trainer: Trainer,
  data: RunData,
  before: Progress,
  options: RunOptions,
) {
  const { folder, signal } = options;
  const { totalSteps } = trainer.config;
  const metrics: Metrics = openMetrics(folder, config.metrics, trainer.step);
  const test = config.evaluation.limit ? firstExamples(data.test, config.evaluation.limit) : data.test;
  const evaluateEvery = interval(config.evaluation.every, totalSteps);
  const saveEvery = interval(config.checkpoints.every, totalSteps);
  const isDue = (step: number, every: number) => step % every === 0 || step === totalSteps;
  const pausesAfter = (step: number) => isDue(step, evaluateEvery) || isDue(step, saveEvery);
  const evaluations: EvaluationReport[] = [];
  let { seconds, processorSeconds, evaluationDue } = before;
  let last = times();
  let training: StepReport | undefined;
  let saved: { step: number; path: string } | undefined;

  const save = async () => {
    if (saved?.step === trainer.step) return saved.path;
    const model = trainer.model.config;
    const about: AboutRun = { config, model, seconds, processorSeconds, evaluationDue };
    const path = await saveCheckpoint(join(folder, "checkpoints"), trainer.state, trainer.hostState(), {
      about,
      keep: config.checkpoints.keep,
    });
    saved = { step: trainer.step, path };
    options.onCheckpoint?.(path);
    return path;
  };
  const evaluateNow = async () => {
    const reports = await evaluateTrainer(trainer, test, config.evaluation, signal);
    evaluationDue = reports.length < config.evaluation.weights.length;
    // All or none, since a resumed run does all of them again.
    if (evaluationDue) return;
    for (const report of reports) {
      metrics.evaluation(report, seconds);
      evaluations.push(report);
      options.onEvaluation?.(report);
    }
  };
  return {
    metrics,
    async begin() {
      if (evaluationDue) await evaluateNow();
      last = times();
    },
    pausesAfter,
    async afterStep(report: StepReport) {
      const now = times();
      seconds += now.seconds - last.seconds;
      processorSeconds += now.processorSeconds - last.processorSeconds;
      last = now;
      if (Number.isNaN(report.loss)) {
        throw new Error(
          `the loss is no number any more after step ${report.step}: try a lower training.learningRate`,
        );
      }
      training = report;
      metrics.step(report, seconds);
      options.onStep?.(report);
      evaluationDue = isDue(report.step, evaluateEvery);
      if (evaluationDue) await evaluateNow();
      // After the evaluation, so that a run resumed here has its row.
      if (isDue(report.step, saveEvery)) await save();
      if (pausesAfter(report.step)) last = times();
    },
    async finish() {
      const checkpoint = await save();
      const { step } = trainer;
      const parameters = countParameters(trainer.params("live").weights);
      return {
        folder,
        step,
        totalSteps,
        seconds,
        processorSeconds,
        parameters,
        ...(training && { training }),
        evaluations,
        checkpoint,
      };
    },
  };
}

/** Evaluates the wanted weights; fewer where the signal cuts it short. */
async function evaluateTrainer(
  trainer: Trainer,
  test: RunData["test"],
  config: EvaluationConfig,
  signal: AbortSignal | undefined,
): Promise<EvaluationReport[]> {
  const reports: EvaluationReport[] = [];
  for (const weights of config.weights) {
    try {
      const evaluation = await evaluateAll(trainer.reasoner, trainer.params(weights), test, {
        batchSize: config.batchSize ?? trainer.config.batchSize,
        ...(config.supervisionSteps && { supervisionSteps: config.supervisionSteps }),
        ...(signal && { signal }),
      });
      reports.push({ step: trainer.step, weights, ...evaluation });
    } catch (error) {
      if (signal?.aborted) return reports;
      throw error;
    }
  }
  return reports;
}

/** Steps between two events: as given, or a share of the run; 0 is the whole run. */
function interval(every: number, totalSteps: number): number {
  if (every === 0) return totalSteps;
  return every < 1 ? Math.max(1, Math.round(every * totalSteps)) : every;
}

/** Of the clock, and of all cores that this process has used. */
function times(): { seconds: number; processorSeconds: number } {
  const { user, system } = process.cpuUsage();
  return { seconds: performance.now() / 1000, processorSeconds: (user + system) / 1e6 };
}
