import { tf } from "tfjs-compile";
import { contextLength, type ModelConfig } from "../model/config";
import { type NormalSource, truncatedNormal } from "../model/init";
import type { Model } from "../model/model";
import type { Latents } from "../model/recursion";
import type { AdamRates } from "./adam-atan2";
import type { TrainingConfig } from "./config";
import { learningRateAt } from "./schedule";
import type { StepRates } from "./step";

/** A seeded source of uniform numbers. */
interface UniformSource {
  float(): number;
  int(from: number, to: number): number;
}

/** The learning rate and the bias corrections of step t = 1, 2, …. The caller disposes them. */
export function adamRates(config: TrainingConfig, t: number): AdamRates {
  return {
    learningRate: tf.scalar(learningRateAt(t, config.learningRate, config)),
    correction1: tf.scalar(1 - config.beta1 ** t),
    correction2: tf.scalar(Math.sqrt(1 - config.beta2 ** t)),
  };
}

/** Settings that may change while a run goes on: inputs of the step, not parts of its program. */
export type LiveSettings = Pick<TrainingConfig, "learningRate" | "ema"> &
  Pick<ModelConfig, "supervisionSteps">;

/** Inputs of step t = 1, 2, … besides its batch, as tensors; with `live`, those settings too. The caller disposes them. */
export function stepRates(
  config: TrainingConfig,
  t: number,
  minSteps: Int32Array,
  live?: LiveSettings,
): StepRates {
  return {
    ...adamRates({ ...config, ...live }, t),
    puzzleEmbLearningRate: tf.scalar(learningRateAt(t, config.puzzleEmbLearningRate, config)),
    minSteps: tf.tensor1d(minSteps, "int32"),
    ...(live && { ema: tf.scalar(live.ema), maxSteps: tf.scalar(live.supervisionSteps, "int32") }),
  };
}

/**
 * Exploration: with a small probability a row takes at least 2 … N_sup steps, so that the halting head also learns from
 * the steps after it believed its answer. Source: models/recursive_reasoning/trm.py, min_halt_steps.
 */
export function drawMinSteps(config: ModelConfig, batchSize: number, random: UniformSource): Int32Array {
  const { exploration, supervisionSteps } = config;
  return Int32Array.from({ length: batchSize }, () =>
    supervisionSteps > 1 && random.float() < exploration ? random.int(2, supervisionSteps + 1) : 0,
  );
}

/** Noise on the latents with which puzzles start, [B, L, D] each; undefined where there is none. The caller disposes it. */
export function drawStartNoise(
  { config, recursion }: Model,
  { startNoise, batchSize }: TrainingConfig,
  random: NormalSource,
): Latents | undefined {
  if (startNoise === 0) return undefined;
  const shape = [batchSize, contextLength(config), config.hiddenSize];
  const draw = () => truncatedNormal(shape, startNoise, random) as tf.Tensor3D;
  return Object.fromEntries(recursion.latents(config.n).map((name) => [name, draw()]));
}
