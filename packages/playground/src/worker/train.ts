/** Training: the library's trainer and loop, which pause, change and report between steps. */
import { mapTree } from "tfjs-compile";
import { exampleAt, type SudokuTask, sudokuDigits, sudokuTask } from "trm/batches";
import { countParameters, type ModelParams } from "trm/model";
import {
  createTrainer,
  type EvaluationReport,
  type HostState,
  learningRateAt,
  type StepReport,
  type Trainer,
  train,
} from "trm/trainer";
import { type Configuration, modelOf } from "../configurations";
import type { Accuracy, FromWorker, LiveSettings, SavedTraining, StartTraining } from "../protocol";
import { checkSaved, restoredState, type SavedTensor, savedTraining } from "./saved";
import { nextTask } from "./tasks";
import { think } from "./think";

/** A training under way. Its promise `done` resolves when it has been stopped, and rejects where it fails. */
export interface Training {
  readonly done: Promise<void>;
  pause(): void;
  resume(): void;
  change(settings: Partial<LiveSettings>): void;
  save(): SavedTraining;
  stop(): void;
  /** Frees the tensors of a training that is done. */
  dispose(): void;
  /** The model with its averaged weights as they are now, which the caller disposes. */
  trained(): { model: Trainer["model"]; params: ModelParams };
}

/**
 * Begins a training, or goes on with a saved one; its programs must be loaded.
 *
 * @param threads how many the last program ran on
 * @throws Error where what was saved does not fit
 */
export function startTraining(
  configuration: Configuration,
  start: StartTraining,
  post: (message: FromWorker) => void,
  threads: () => number,
): Training {
  const { resume } = start;
  if (resume !== undefined) checkSaved(configuration, resume);
  const seed = resume?.seed ?? start.seed ?? 0;
  let settings = checkedSettings(configuration, {
    ...{ learningRate: configuration.training.learningRate, ema: configuration.training.ema },
    ...{ supervisionSteps: configuration.supervisionSteps, latents: 2 },
    ...resume?.settings,
    ...start.settings,
  });
  const task = sudokuTask({
    box: configuration.box,
    train: configuration.train,
    test: configuration.test,
    seed,
  });
  let trainer = openTrainer(configuration, task, seed, () => settings, resume);
  let seconds = resume?.seconds ?? 0;
  let paused: { readonly until: Promise<void>; end(): void } | undefined;
  let stopped = false;
  let turn = new AbortController();

  const state = (state: "running" | "paused" | "stopped") => post({ type: "trainingState", state });
  post({
    type: "trainingReady",
    model: start.model,
    settings,
    mostSupervisionSteps: configuration.model.supervisionSteps,
    weights: countParameters(trainer.state.params.weights),
    trainPuzzles: configuration.train,
    testPuzzles: configuration.test,
    totalSteps: configuration.training.totalSteps,
    step: trainer.step,
  });
  state("running");

  const onStep = async (report: StepReport, begun: { at: number }) => {
    const now = performance.now();
    seconds += (now - begun.at) / 1000;
    post({
      type: "trainingStep",
      step: report.step,
      loss: report.loss,
      learningRate: learningRateAt(report.step, settings.learningRate, configuration.training),
      batch: { solved: report.solved, cells: report.cells },
      seconds,
      threads: threads(),
    });
    await nextTask();
    await paused?.until;
    begun.at = performance.now();
  };

  /** Trains until it is stopped, or until it goes on with another number of latents. */
  async function run(): Promise<void> {
    while (!stopped) {
      turn = new AbortController();
      const begun = { at: performance.now() };
      let live: EvaluationReport | undefined;
      await train(trainer, {
        untilStep: Number.MAX_SAFE_INTEGER,
        test: task.test,
        weights: ["live", "ema"],
        evaluateEvery: configuration.evaluateEvery,
        evaluationDue: true,
        // Read anew for each evaluation.
        evaluation: {
          get supervisionSteps() {
            return settings.supervisionSteps;
          },
        },
        signal: turn.signal,
        onStep: (report) => onStep(report, begun),
        onEvaluation: async (report) => {
          if (report.weights === "live") live = report;
          else await evaluated(live!, report);
          begun.at = performance.now();
        },
      });
      if (!stopped) trainer = reopened();
    }
    state("stopped");
  }

  async function evaluated(live: EvaluationReport, averaged: EvaluationReport): Promise<void> {
    const accuracy = ({ solved, cells }: EvaluationReport): Accuracy => ({ solved, cells });
    const { step } = averaged;
    post({
      type: "trainingEvaluation",
      step,
      live: accuracy(live),
      averaged: accuracy(averaged),
      seconds,
    });
    const { inputs, labels } = exampleAt(task.test, 0);
    const question = sudokuDigits(inputs);
    const thoughts = [
      ...think(trainer.model, trainer.params("ema"), { grid: question, steps: settings.supervisionSteps }, 0),
    ];
    post({ type: "trainingPuzzle", step, question, solution: sudokuDigits(labels), thoughts });
    await nextTask();
  }

  /** The same training with the present number of latents. */
  function reopened(): Trainer {
    const saved = save();
    trainer.dispose();
    return openTrainer(configuration, task, seed, () => settings, saved);
  }

  const save = () => savedTraining(trainer, { model: start.model, seed, settings, seconds });

  return {
    done: run(),
    pause() {
      if (paused !== undefined || stopped) return;
      let end = () => {};
      const until = new Promise<void>((resolve) => {
        end = resolve;
      });
      paused = { until, end };
      state("paused");
    },
    resume() {
      if (paused === undefined) return;
      paused.end();
      paused = undefined;
      state("running");
    },
    change(changes) {
      const before = settings;
      settings = checkedSettings(configuration, { ...settings, ...changes });
      if (settings.latents !== before.latents) turn.abort(new Error("another number of latents"));
    },
    save,
    stop() {
      stopped = true;
      turn.abort(new Error("stopped"));
      paused?.end();
    },
    dispose: () => trainer.dispose(),
    trained: () => ({
      model: trainer.model,
      params: mapTree(trainer.params("ema"), (tensor) => tensor.clone()),
    }),
  };
}

function openTrainer(
  configuration: Configuration,
  task: SudokuTask,
  seed: number,
  live: () => LiveSettings,
  saved?: { readonly host: string; readonly tensors: readonly SavedTensor[] },
): Trainer {
  const model = modelOf(configuration, live().latents);
  const { batchSize } = configuration.training;
  const resume = saved && {
    state: restoredState(model, batchSize, seed, saved.tensors),
    host: JSON.parse(saved.host) as HostState,
  };
  return createTrainer(model, { ...configuration.training, seed }, task.train, {
    augment: task.augment,
    live,
    ...(resume && { resume }),
  });
}

/** @throws RangeError naming the setting that cannot be */
function checkedSettings({ model }: Configuration, settings: LiveSettings): LiveSettings {
  const { learningRate, ema, supervisionSteps, latents } = settings;
  const most = model.supervisionSteps;
  if (!(learningRate >= 0 && learningRate <= 1))
    throw new RangeError(`the learning rate is ${learningRate}; it must be between 0 and 1`);
  if (!(ema >= 0 && ema < 1)) throw new RangeError(`ema is ${ema}; it must be at least 0 and below 1`);
  if (!(Number.isInteger(supervisionSteps) && supervisionSteps >= 1 && supervisionSteps <= most))
    throw new RangeError(`N_sup is ${supervisionSteps}; it must be a whole number from 1 to ${most}`);
  if (latents !== 1 && latents !== 2) throw new RangeError(`latents is ${latents}; it must be 1 or 2`);
  return { learningRate, ema, supervisionSteps, latents };
}
