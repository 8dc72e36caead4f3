import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { countParameters, createModel, type Model, type ModelParts } from "trm/model";
import { createTrainer, type EvaluationReport, type StepReport, type Trainer, train } from "trm/trainer";
import { checkpointStep, listCheckpoints, readCheckpoint, saveCheckpoint } from "../checkpoints";
import type { RunConfig } from "../config/config";
import { lockOwner, removeFolderAtomic, takeLock, writeFileAtomic } from "../files";
import { type AboutRun, aboutRun, type DataDigests } from "../official/about";
import { paramsFrom, type StoredWeights } from "../official/weights";
import { slurm } from "../processes";
import { digestsOf, modelConfigFor, openRunData, type RunData, trainingConfigFor } from "./data";
import { checkDevices, checkMemory } from "./environment";
import { firstExamples } from "./evaluate";
import { openMetrics } from "./metrics";
import { readEvaluations } from "./read-metrics";
import { differences, type Resumable } from "./resume";

/** Options of a run besides its configuration. */
export interface RunOptions {
  /** The run's folder: `config.json`, `steps.csv`, `evaluations.csv`, `checkpoints/`, `tensorboard/`. */
  readonly folder: string;
  /** Go on from this checkpoint; see {@link resumable}. Without it the folder must not hold a run. */
  readonly resume?: Resumable;
  /** Start from these weights instead of random ones. */
  readonly weights?: StoredWeights;
  /** Networks or a recursion that no configuration describes, instead of the configuration's own. */
  readonly parts?: ModelParts;
  /** Train until this many steps are done in all. Default: the whole run. */
  readonly untilStep?: number;
  /** Stops after the steps under way and saves a checkpoint. */
  readonly signal?: AbortSignal;
  readonly onStart?: (started: { model: Model; data: RunData; step: number; totalSteps: number }) => void;
  readonly onStep?: (report: StepReport) => void;
  readonly onEvaluation?: (report: EvaluationReport) => void;
  readonly onCheckpoint?: (path: string) => void;
}

/** The end of a run. */
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
  /** Digests of its data, which tell two versions of it apart. */
  readonly data: DataDigests;
}

/**
 * Trains as a configuration says, and keeps on disk everything that a killed process needs to go on: resumed, it ends with
 * the same weights, bit for bit, as if it had never stopped.
 *
 * @throws Error naming the field, file or checkpoint that is wrong, or the process that trains into the folder already; or
 * when the loss becomes NaN
 * @example
 * await startEngine();
 * const { training, ...config } = presetConfig("sudoku-4x4");
 * await runTraining({ ...config, training: { ...training, totalSteps: 2 } }, { folder: "runs/first" });
 */
export async function runTraining(config: RunConfig, options: RunOptions): Promise<RunResult> {
  const isNew = !existsSync(options.folder);
  const release = lockRun(options.folder);
  try {
    return await trainLocked(config, options);
  } finally {
    release();
    if (isNew && isEmpty(options.folder)) rmdirSync(options.folder);
  }
}

const isEmpty = (folder: string): boolean => existsSync(folder) && readdirSync(folder).length === 0;

/**
 * Keeps other processes from training into a folder.
 * @returns releases it
 * @throws LockedError naming the process that trains into it
 */
export function lockRun(folder: string): () => void {
  return takeLock(lockFile(folder), `${folder} is being trained`, slurm);
}

/** The process that trains into a folder, such as `process 17 on node4`; undefined where there is none. */
export const trainingProcess = (folder: string): string | undefined => lockOwner(lockFile(folder), slurm);

const lockFile = (folder: string): string => join(folder, "run.lock");

async function trainLocked(config: RunConfig, options: RunOptions): Promise<RunResult> {
  const { folder, resume } = options;
  const configFile = join(folder, "config.json");
  if (!resume && existsSync(configFile)) {
    throw new Error(`${folder} holds a run already: resume it, or choose another folder`);
  }
  const data = await openRunData(config.data);
  try {
    const model = createModel(modelConfigFor(config, data), options.parts);
    const digests = digestsOf(data);
    const { trainer, ...before } = startTrainer(config, model, data, digests, options);
    try {
      writeFileAtomic(configFile, `${JSON.stringify(config, null, 2)}\n`);
      removeLaterCheckpoints(folder, trainer.step);
      options.onStart?.({ model, data, step: trainer.step, totalSteps: trainer.config.totalSteps });
      return await trainAndRecord(config, trainer, data, digests, before, options);
    } finally {
      trainer.dispose();
    }
  } finally {
    data.close();
  }
}

/** State of a run's files that resuming needs besides the training state. */
type Progress = Pick<AboutRun, "seconds" | "processorSeconds" | "evaluationDue">;

function startTrainer(
  config: RunConfig,
  model: Model,
  data: RunData,
  digests: DataDigests,
  { resume, weights }: RunOptions,
): { trainer: Trainer } & Progress {
  const training = trainingConfigFor(config, data);
  checkDevices(training.devices);
  checkMemory(model.config);
  const { augment, epochsPerIteration } = data;
  if (!resume?.checkpoint) {
    const params = weights && paramsFrom(model, weights);
    return {
      trainer: createTrainer(model, training, data.train, { augment, epochsPerIteration, params }),
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
  if (about.data && about.data.train !== digests.train) {
    throw new Error(
      `${checkpoint.path}: the training data is not what it was when this was saved (digest ${about.data.train}, now ` +
        `${digests.train}): restore it, or start a new run with --init`,
    );
  }
  const state = checkpoint.state(model, training.batchSize);
  const trainer = createTrainer(model, training, data.train, {
    augment,
    epochsPerIteration,
    resume: { state, host: checkpoint.host },
  });
  const { seconds, processorSeconds, evaluationDue } = about;
  return { trainer, seconds, processorSeconds, evaluationDue };
}

/** A run that resumes from an older checkpoint makes the later ones again. */
function removeLaterCheckpoints(folder: string, step: number): void {
  for (const path of listCheckpoints(join(folder, "checkpoints"))) {
    if (checkpointStep(path) > step) removeFolderAtomic(path);
  }
}

/** Trains on the schedule of the configuration, and writes metrics and checkpoints. */
async function trainAndRecord(
  config: RunConfig,
  trainer: Trainer,
  data: RunData,
  digests: DataDigests,
  before: Progress,
  options: RunOptions,
): Promise<RunResult> {
  const { folder } = options;
  const { every, weights, limit, batchSize, supervisionSteps } = config.evaluation;
  const metrics = openMetrics(folder, config.metrics, trainer.step);
  const clock = trainingClock(before);
  let best = readEvaluations(folder).filter(isOf(weights[0])).reduce(better, undefined);
  let training: StepReport | undefined;
  let checkpoint = "";
  try {
    const { evaluations, interrupted } = await train(trainer, {
      untilStep: options.untilStep,
      signal: options.signal,
      // Nothing is measured where no answer is known.
      ...(data.test.length > 0 && { test: limit === null ? data.test : firstExamples(data.test, limit) }),
      evaluateEvery: every,
      weights,
      evaluation: {
        ...(batchSize !== null && { batchSize }),
        ...(supervisionSteps !== null && { supervisionSteps }),
      },
      evaluationDue: before.evaluationDue,
      saveEvery: config.checkpoints.every,
      onStep(report) {
        clock.count();
        training = report;
        metrics.step(report, clock.times().seconds);
        options.onStep?.(report);
      },
      onEvaluation(report) {
        metrics.evaluation(report, clock.times().seconds);
        if (isOf(weights[0])(report)) best = better(best, report);
        options.onEvaluation?.(report);
        clock.skip();
      },
      async save({ evaluationDue }) {
        const about: AboutRun = {
          config,
          model: trainer.model.config,
          ...clock.times(),
          evaluationDue,
          data: digests,
        };
        const { keep } = config.checkpoints;
        const checkpoints = join(folder, "checkpoints");
        checkpoint = await saveCheckpoint(checkpoints, trainer.state, trainer.hostState(), {
          ...{ about, keep },
          ...(best && { best: best.step }),
        });
        options.onCheckpoint?.(checkpoint);
        clock.skip();
      },
    });
    return {
      folder,
      step: trainer.step,
      totalSteps: trainer.config.totalSteps,
      ...clock.times(),
      parameters: countParameters(trainer.params("live").weights),
      ...(training && { training }),
      evaluations,
      checkpoint,
      data: digests,
      interrupted,
    };
  } finally {
    metrics.close();
  }
}

type Measured = Pick<EvaluationReport, "step" | "weights" | "solved">;

const isOf =
  (which: "live" | "ema") =>
  ({ weights }: Measured) =>
    weights === which;

/** The evaluation with the higher accuracy, the later one of equals. */
function better(best: Measured | undefined, other: Measured): Measured | undefined {
  return best === undefined || other.solved >= best.solved ? other : best;
}

/** Measures training steps, of the clock and of all cores that this process uses; what is skipped does not count. */
function trainingClock(before: Pick<Progress, "seconds" | "processorSeconds">) {
  const now = () => {
    const { user, system } = process.cpuUsage();
    return { seconds: performance.now() / 1000, processorSeconds: (user + system) / 1e6 };
  };
  let { seconds, processorSeconds } = before;
  let last = now();
  return {
    count() {
      const at = now();
      seconds += at.seconds - last.seconds;
      processorSeconds += at.processorSeconds - last.processorSeconds;
      last = at;
    },
    skip() {
      last = now();
    },
    times: () => ({ seconds, processorSeconds }),
  };
}
