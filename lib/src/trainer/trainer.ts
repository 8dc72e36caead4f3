import { compile, disposeTree, type tf } from "tfjs-compile";
import type { Dataset } from "../batches/dataset";
import { type Augment, type SamplerState, trainSampler } from "../batches/sample";
import type { Model, ModelParams } from "../model/model";
import { createRandom, type RandomState, restoreRandom } from "../random";
import { type JudgedBatch, toTensors } from "./batch";
import { checkTrainingConfig, type TrainingConfig } from "./config";
import { createReasoner, type Evaluation, evaluate, type Reasoner } from "./evaluate";
import { drawMinSteps, drawStartNoise, type LiveSettings, stepRates } from "./rates";
import { learningRateAt } from "./schedule";
import { initTrainState, type TrainState } from "./state";
import { type StepRates, trainStep } from "./step";
import { METRICS } from "./supervise";

/** The report of one training step. Accuracies are means over the puzzles that halted in it, NaN where none did. */
export interface StepReport {
  /** Steps done, this one included. */
  readonly step: number;
  readonly learningRate: number;
  /** Mean loss per puzzle: answer + haltingWeight * (halting + continue). */
  readonly loss: number;
  /** Puzzles that halted. */
  readonly halted: number;
  /** Share of them solved completely. */
  readonly solved: number;
  /** Share of their cells that are right. */
  readonly cells: number;
  /** Share of them about which the halting head is right. */
  readonly halting: number;
  /** Supervision steps they took. */
  readonly supervisionSteps: number;
}

/** State of the host that resuming needs besides the {@link TrainState} on the device. Plain JSON. */
export interface HostState {
  readonly step: number;
  readonly sampler: SamplerState;
  readonly exploration: RandomState;
}

/** A step that the device has been given. */
export interface StartedStep {
  readonly step: number;
  /** Waits until the step is done and resolves to its report. Call it once. */
  report(): Promise<StepReport>;
}

/** A training run under way. */
export interface Trainer {
  readonly model: Model;
  readonly config: TrainingConfig;
  /** Steps done or started; the trainer's other properties are those after this step. */
  readonly step: number;
  /** The state on the device; each step replaces it and disposes the old one. */
  readonly state: TrainState;
  /** Does one step. */
  next(): Promise<StepReport>;
  /**
   * Starts one step, and resolves as soon as another can be started: on a PJRT device at once, in TensorFlow when the step is
   * done. Start the next step before reading the report of the last one, as {@link train} does, to keep the device busy.
   * @param signal ends the compiler if the step has to be compiled first, by throwing its reason
   */
  start(signal?: AbortSignal): Promise<StartedStep>;
  /** The live parameters, or those with averaged weights. They share tensors with the state: do not dispose them. */
  params(weights: "live" | "ema"): ModelParams;
  /** Evaluates on datasets as if they were one; with the averaged weights unless told otherwise. */
  evaluate(datasets: Dataset | readonly Dataset[], options?: TrainerEvaluateOptions): Promise<Evaluation>;
  /** The model ready to answer, compiled once. */
  readonly reasoner: Reasoner;
  hostState(): HostState;
  /** Frees the state and the compiled functions. */
  dispose(): void;
}

/** Options of an evaluation within a run. */
export interface TrainerEvaluateOptions {
  readonly weights?: "live" | "ema";
  readonly batchSize?: number;
  readonly supervisionSteps?: number;
  readonly signal?: AbortSignal;
}

/** Options of a run besides model, settings and data. */
export interface TrainerOptions {
  /** Rewrites every sampled puzzle, such as a random Sudoku symmetry. */
  readonly augment?: Augment;
  /** Passes over the data that are joined before a last partial batch is dropped. Default 1. */
  readonly epochsPerIteration?: number;
  /** Settings in place of those of `config` and model that may change during the run; read before each step. */
  readonly live?: () => LiveSettings;
  /** Start from these parameters instead of random ones; the trainer takes ownership. */
  readonly params?: ModelParams;
  /** Go on from here; the trainer takes ownership of the state. */
  readonly resume?: { readonly state: TrainState; readonly host: HostState };
}

/**
 * Starts a training run, or resumes one. The same seed gives the same numbers, stopped and resumed or not.
 * @throws RangeError naming the setting that cannot work, or the dataset that does not fit the model
 * @example
 * const { train, test } = sudokuTask({ box: [2, 2], train: 100, test: 20, seed: 1 });
 * const size = { hiddenSize: 32, widthMultiple: 32, n: 1, T: 2, puzzleEmbSize: 0, puzzleEmbLen: 0 };
 * const model = createModel({ ...paperModel, ...size, vocabSize: 6, seqLen: 16, numPuzzleIdentifiers: 1 });
 * const trainer = createTrainer(model, { ...paperTraining, batchSize: 16, totalSteps: 3 }, train);
 * for (let i = 0; i < 3; i++) console.log((await trainer.next()).loss);
 * console.log((await trainer.evaluate(test)).solved); // share of test puzzles solved
 */
export function createTrainer(
  model: Model,
  config: TrainingConfig,
  train: Dataset | readonly Dataset[],
  options: TrainerOptions = {},
): Trainer {
  checkTrainingConfig(config);
  for (const dataset of [train].flat()) checkFits(model, dataset);
  const { resume } = options;
  const random = createRandom(config.seed);
  const sampler = trainSampler(train, {
    batchSize: config.batchSize,
    seed: config.seed,
    augment: options.augment,
    epochsPerIteration: options.epochsPerIteration,
    state: resume?.host.sampler,
  });
  const exploration = resume ? restoreRandom(resume.host.exploration) : random.fork("exploration");
  let step = resume?.host.step ?? 0;
  let state =
    resume?.state ??
    initTrainState(model, options.params ?? model.init(random.fork("weights")), config.batchSize);

  const compileStep = (model: Model) =>
    compile(
      (state: TrainState, batch: JudgedBatch, rates: StepRates) =>
        trainStep(model, config, state, batch, rates),
      { precision: config.precision, donate: [0], name: "trainStep" },
    );
  const whole = { model, compiled: compileStep(model) };
  const early = earlyModel(model, config);
  const earlyPhase = early && { model: early, compiled: compileStep(early) };
  const phase = (step: number) => (earlyPhase && step <= config.earlySteps ? earlyPhase : whole);
  const reasoner = createReasoner(model, config.precision);

  const params = (weights: "live" | "ema"): ModelParams =>
    weights === "live" ? state.params : { ...state.params, weights: state.ema };

  /** Inputs of step `number`, and the state of the host before they were drawn. */
  const draw = (number: number) => {
    const live = options.live?.();
    const host = { sampler: sampler.save(), exploration: exploration.save() };
    const minSteps = drawMinSteps({ ...phase(number).model.config, ...live }, config.batchSize, exploration);
    const startNoise = drawStartNoise(model, config, random.fork(`start ${number}`));
    return {
      host,
      batch: toTensors(sampler.next()),
      rates: { ...stepRates(config, number, minSteps, live), ...(startNoise && { startNoise }) },
    };
  };
  /** Steps that are drawn but not done, at most two. */
  const drawn: ReturnType<typeof draw>[] = [];
  /** Metrics of steps that nobody has asked for a report yet. */
  const unread = new Set<tf.Tensor1D>();

  async function start(signal?: AbortSignal): Promise<StartedStep> {
    const current = drawn.shift() ?? draw(step + 1);
    try {
      const running = phase(step + 1).compiled.run([state, current.batch, current.rates], { signal });
      // While the device computes, the host prepares what comes next.
      if (drawn.length === 0) drawn.push(draw(step + 2));
      const result = await running;
      state = result.state;
      step++;
      disposeTree([current.batch, current.rates]);
      unread.add(result.metrics);
      return startedStep(step, result.metrics);
    } catch (error) {
      drawn.unshift(current);
      throw error;
    }
  }

  const startedStep = (step: number, metrics: tf.Tensor1D): StartedStep => ({
    step,
    async report() {
      try {
        return stepReport(step, config, await metrics.data());
      } finally {
        unread.delete(metrics);
        metrics.dispose();
      }
    },
  });

  return {
    model,
    config,
    reasoner,
    params,
    get step() {
      return step;
    },
    get state() {
      return state;
    },
    start,
    next: async () => (await start()).report(),
    evaluate: (datasets, { weights = "ema", batchSize = config.batchSize, ...options } = {}) =>
      evaluate(reasoner, params(weights), datasets, { batchSize, ...options }),
    hostState: () => ({
      step,
      ...(drawn[0]?.host ?? { sampler: sampler.save(), exploration: exploration.save() }),
    }),
    dispose() {
      whole.compiled.dispose();
      earlyPhase?.compiled.dispose();
      reasoner.dispose();
      disposeTree([state, ...drawn.flatMap(({ batch, rates }) => [batch, rates]), ...unread]);
    },
  };
}

/** The model of the early phase: the same weights with fewer supervision steps or another depth; undefined where there is none. */
function earlyModel(model: Model, config: TrainingConfig): Model | undefined {
  const { earlySteps, earlySupervisionSteps, earlyN, earlyT, earlyGradientRecursions } = config;
  if (earlySteps === 0) return undefined;
  const { supervisionSteps, n, T, gradientRecursions } = model.config;
  const early = model.with({
    supervisionSteps: earlySupervisionSteps ?? supervisionSteps,
    n: earlyN ?? n,
    T: earlyT ?? T,
    gradientRecursions: earlyGradientRecursions ?? Math.min(gradientRecursions, earlyT ?? T),
  });
  const [names, wanted] = [early, model].map(({ recursion, config }) => recursion.latents(config.n).join());
  if (names !== wanted) {
    throw new RangeError(
      `training.earlyN is ${earlyN}, but model.recursion "${model.config.recursion}" has a latent for each of its ${n} updates; leave it out`,
    );
  }
  return early;
}

/** Turns the sums of a step into means. */
function stepReport(step: number, config: TrainingConfig, values: ArrayLike<number>): StepReport {
  const sums = Object.fromEntries(METRICS.map((name, i) => [name, values[i]])) as Record<
    (typeof METRICS)[number],
    number
  >;
  return {
    step,
    learningRate: learningRateAt(step, config.learningRate, config),
    loss:
      (sums.lm_loss + config.haltingWeight * (sums.q_halt_loss + sums.q_continue_loss)) / config.batchSize,
    halted: sums.count,
    solved: sums.exact_accuracy / sums.count,
    cells: sums.accuracy / sums.count,
    halting: sums.q_halt_accuracy / sums.count,
    supervisionSteps: sums.steps / sums.count,
  };
}

function checkFits({ config }: Model, dataset: Dataset): void {
  if (dataset.seqLen !== config.seqLen) {
    throw new RangeError(
      `dataset "${dataset.name}" has ${dataset.seqLen} tokens per puzzle, but model.seqLen is ${config.seqLen}`,
    );
  }
  for (const field of ["vocabSize", "numPuzzleIdentifiers"] as const) {
    if (dataset[field] > config[field]) {
      throw new RangeError(
        `dataset "${dataset.name}" has ${field} ${dataset[field]}, but model.${field} is only ${config[field]}`,
      );
    }
  }
}
