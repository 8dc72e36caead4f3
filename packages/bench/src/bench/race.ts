/** Training against the clock: how long until a given share of held-out 6x6 Sudokus is solved. */
import { join } from "node:path";
import { disposeTree } from "tfjs-compile";
import { type Batch, testBatches, trainSampler } from "trm/batches";
import { createModel, type Model } from "trm/model";
import { createRandom } from "trm/random";
import { createTrainer, drawMinSteps, learningRateAt, type TrainingConfig, train } from "trm/trainer";
import { mergeConfig, parseRunConfig, presets } from "trm-workbench/config";
import { type StoredTensor, writeFileAtomic, writeSafetensors } from "trm-workbench/files";
import { toStateDict } from "trm-workbench/official";
import { modelConfigFor, openRunData, type RunData, trainingConfigFor } from "trm-workbench/runs";
import { peerConfig } from "./peer";

/** Options of a race. */
export interface RaceOptions {
  readonly seed: number;
  /** Share of held-out puzzles to solve with the averaged weights. */
  readonly target: number;
  /** Steps between evaluations. */
  readonly evaluateEvery: number;
  readonly threads: number;
  /** Of both; the preset's when left out. */
  readonly precision?: TrainingConfig["precision"];
}

/** The result of a race; `python/peer_race.py` answers the same. Seconds are wall time. */
export interface RaceOutcome {
  /** False when the run's steps were over first. */
  readonly reached: boolean;
  readonly steps: number;
  /** The first training step: recording or compiling, and running it. */
  readonly firstStepSeconds: number;
  /** The other training steps, without the evaluations. */
  readonly trainingSeconds: number;
  /** From the start to the target, compiling and evaluations included. */
  readonly seconds: number;
}

/** A race ready to start. */
export interface Race {
  readonly model: Model;
  readonly training: TrainingConfig;
  readonly data: RunData;
  readonly options: RaceOptions;
}

/** The preset sudoku-6x6 with the seed and the precision asked for. */
export async function openRace(options: RaceOptions): Promise<Race> {
  const { seed, precision } = options;
  const training = { seed, ...(precision !== undefined && { precision }) };
  const config = parseRunConfig(mergeConfig(presets["sudoku-6x6"], { training }));
  const data = await openRunData(config.data);
  const model = createModel(modelConfigFor(config, data));
  return { model, training: trainingConfigFor(config, data), data, options };
}

/** Trains until the target is reached. */
export async function runRace({ model, training, data, options }: Race): Promise<RaceOutcome> {
  const start = performance.now();
  const trainer = createTrainer(model, training, data.train, { augment: data.augment });
  try {
    await trainer.next();
    const firstStepSeconds = (performance.now() - start) / 1000;
    const { evaluations, trainingSeconds } = await train(trainer, {
      test: data.test,
      evaluateEvery: options.evaluateEvery,
      stopWhen: ({ solved }) => solved >= options.target,
    });
    return {
      reached: (evaluations.at(-1)?.solved ?? 0) >= options.target,
      steps: trainer.step,
      firstStepSeconds,
      trainingSeconds,
      seconds: (performance.now() - start) / 1000,
    };
  } finally {
    trainer.dispose();
  }
}

/** Names of the files that {@link exportRace} writes. */
export const raceFiles = { settings: "race.json", data: "data.safetensors" } as const;

/** Writes everything that another program needs to run the same race: the first weights, every batch in its order, the held-out puzzles. */
export function exportRace(race: Race, folder: string): void {
  const { model, training, options } = race;
  const { batchSize, precision, totalSteps } = training;
  const settings = {
    ...options,
    config: peerConfig(model.config, { batchSize, precision }),
    settings: {
      beta1: training.beta1,
      beta2: training.beta2,
      weight_decay: training.weightDecay,
      embedding_decay: training.puzzleEmbWeightDecay,
      ema: training.ema,
    },
    learningRates: Array.from({ length: totalSteps }, (_, i) =>
      learningRateAt(i + 1, training.learningRate, training),
    ),
  };
  writeFileAtomic(join(folder, raceFiles.settings), JSON.stringify(settings));
  writeSafetensors(join(folder, raceFiles.data), {
    ...firstWeights(race),
    ...batches(race),
    ...heldOut(race),
  });
}

/** The weights that {@link createTrainer} begins with. */
function firstWeights({ model, training }: Race): Record<string, StoredTensor> {
  const params = model.init(createRandom(training.seed).fork("weights"));
  const stored = Object.entries(toStateDict(params)).map(([name, tensor]): [string, StoredTensor] => [
    name,
    { dtype: "float32", shape: tensor.shape, data: tensor.dataSync() as Float32Array },
  ]);
  disposeTree(params);
  return Object.fromEntries(stored);
}

/** The random choices of {@link createTrainer} for every step. */
function batches({ model, training, data }: Race): Record<string, StoredTensor> {
  const { seed, batchSize, totalSteps } = training;
  const sampler = trainSampler(data.train, { batchSize, seed, augment: data.augment });
  const exploration = createRandom(seed).fork("exploration");
  const all = Array.from({ length: totalSteps }, () => sampler.next());
  const minSteps = all.map(() => drawMinSteps(model.config, batchSize, exploration));
  return {
    ...tokens("", all),
    min_steps: { dtype: "int32", shape: [totalSteps, batchSize], data: joined(minSteps) },
  };
}

function heldOut({ training, data }: Race): Record<string, StoredTensor> {
  return tokens("test_", [...testBatches(data.test[0], training.batchSize)]);
}

/** Inputs and labels of some batches, int32 [batches, B, cells]. */
function tokens(prefix: string, all: readonly Batch[]): Record<string, StoredTensor> {
  const shape = [all.length, all[0].size, all[0].seqLen];
  return {
    [`${prefix}inputs`]: { dtype: "int32", shape, data: joined(all.map(({ inputs }) => inputs)) },
    [`${prefix}labels`]: { dtype: "int32", shape, data: joined(all.map(({ labels }) => labels)) },
  };
}

function joined(parts: readonly Int32Array[]): Int32Array {
  const whole = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
