import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compile, disposeTree, tf } from "tfjs-compile";
import { type BatchTensors, type Carry, createModel, type ModelParams, refill } from "trm/model";
import type { TrainingConfig } from "trm/trainer";
import {
  createReasoner,
  initTrainState,
  lossAndGrads,
  METRICS,
  paperTraining,
  type StepRates,
  stepRates,
  type TrainState,
  think,
  trainingFields,
  trainStep,
} from "trm/trainer";
import { readSafetensors, type StoredTensor, toFloat32, toInt32 } from "../files";
import { fromOfficialArch } from "./arch";
import { readOfficial } from "./fields";
import { fromStateDict, toStateDict } from "./state-dict";
import type { Plain } from "./yaml";

/** Largest absolute difference allowed in logits, gradients, weights, moving averages and carried latents. */
export const TENSOR_TOLERANCE = 2e-4;
/** Largest relative difference allowed in the loss. */
export const LOSS_TOLERANCE = 1e-4;

/** The comparisons of a case: the largest difference of each. */
export interface ParityErrors {
  logits: number;
  gradients: number;
  weights: number;
  ema: number;
  carry: number;
  evaluation: number;
  /** Relative, not absolute. */
  loss: number;
  /** Steps and halting decisions that differ, a count. */
  halting: number;
}

/** The outcome of one case. */
export interface ParityResult {
  readonly name: string;
  readonly errors?: ParityErrors;
  readonly passed: boolean;
  /** Reason why the case could not run, such as a missing kind of model. */
  readonly problem?: string;
}

/** `config.json` of a case. */
interface CaseConfig {
  readonly model: string;
  readonly arch: Plain & { readonly batch_size: number };
  readonly loss_type: string;
  readonly train: Record<
    | "lr"
    | "beta1"
    | "beta2"
    | "weight_decay"
    | "puzzle_emb_lr"
    | "puzzle_emb_weight_decay"
    | "warmup_steps"
    | "total_steps"
    | "lr_min_ratio"
    | "ema"
    | "steps",
    number
  >;
  readonly eval: { readonly steps: number };
}

/**
 * Repeats every official run found in a folder and compares everything it recorded.
 * @param folder holds one folder per case, with config.json, metrics.json and the safetensors files
 * @param onCase told how many cases are done, of how many
 * @throws Error when the folder holds no case
 */
export async function runParity(
  folder: string,
  onCase?: (done: number, total: number) => void,
): Promise<ParityResult[]> {
  const names = existsSync(folder)
    ? readdirSync(folder).filter((name) => existsSync(join(folder, name, "config.json")))
    : [];
  if (names.length === 0) throw new Error(`${folder} holds no case folder with a config.json`);
  const results: ParityResult[] = [];
  for (const name of names.sort()) {
    onCase?.(results.length, names.length);
    results.push(await runParityCase(join(folder, name), name));
  }
  onCase?.(results.length, names.length);
  return results;
}

async function runParityCase(folder: string, name: string): Promise<ParityResult> {
  try {
    const errors = await compareCase(folder);
    const { loss, halting, ...tensors } = errors;
    const close = Object.values(tensors).every((error) => error <= TENSOR_TOLERANCE);
    return { name, errors, passed: close && loss <= LOSS_TOLERANCE && halting === 0 };
  } catch (error) {
    return { name, passed: false, problem: (error as Error).message };
  }
}

/** Trains as the case says and compares after every step. */
async function compareCase(folder: string): Promise<ParityErrors> {
  const config: CaseConfig = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  const metrics: { loss: number }[] = JSON.parse(readFileSync(join(folder, "metrics.json"), "utf8"));
  const tensors = (file: string) => readSafetensors(join(folder, `${file}.safetensors`)).tensors;
  const [initial, batches, expected] = [tensors("initial"), tensors("batches"), tensors("expected")];

  const model = createModel(fromOfficialArch(config.model, config.arch));
  const training = trainingConfig(config);
  const errors: ParityErrors = {
    logits: 0,
    gradients: 0,
    weights: 0,
    ema: 0,
    carry: 0,
    evaluation: 0,
    loss: 0,
    halting: 0,
  };
  const compare = (kind: keyof ParityErrors, name: string, tensor: tf.Tensor) => {
    if (expected[name])
      errors[kind] = Math.max(errors[kind], largestDifference(tensor, expected[name], name));
  };
  const compareAll = (kind: keyof ParityErrors, prefix: string, dict: Record<string, tf.Tensor>) => {
    for (const [name, tensor] of Object.entries(dict)) compare(kind, `${prefix}.${name}`, tensor);
  };

  const gradStep = compile((params: ModelParams, carry: Carry, batch: BatchTensors, rates: StepRates) =>
    lossAndGrads(model, training, params, refill(params, carry, batch), rates.minSteps),
  );
  const step = compile(
    (state: TrainState, batch: BatchTensors, rates: StepRates) =>
      trainStep(model, training, state, batch, rates),
    { donate: [0] },
  );
  const dict = asTensors(initial);
  let state = initTrainState(model, fromStateDict(model, dict), config.arch.batch_size);
  disposeTree(dict);
  for (let k = 0; k < config.train.steps; k++) {
    const batch = batchAt(batches, k);
    const rates = stepRates(training, k + 1, new Int32Array(config.arch.batch_size));

    const { value, grads, aux } = gradStep(state.params, state.carry, batch, rates);
    compareAll("gradients", `grad.${k}`, toStateDict({ weights: grads.weights }));
    if (grads.puzzleRows) compare("gradients", `grad.${k}.inner.puzzle_emb.local_weights`, grads.puzzleRows);
    compare("logits", `logits.${k}`, aux.output.logits);
    compare("logits", `q_halt_logits.${k}`, aux.output.qHalt);
    compare("logits", `q_continue_logits.${k}`, aux.output.qContinue);

    const next = step(state, batch, rates);
    state = next.state;
    const { latents, steps, halted } = state.carry;
    for (const [latent, tensor] of Object.entries(latents)) {
      compare("carry", `carry.${k}.${officialLatent(latent)}`, tensor);
    }
    errors.halting +=
      countDifferent(steps, expected[`steps.${k}`]) + countDifferent(halted, expected[`halted.${k}`]);
    compareAll("weights", `param.${k}`, toStateDict(state.params));
    compareAll("ema", `ema.${k}`, toStateDict({ weights: state.ema }));
    compareMetrics(errors, next.metrics, value, metrics[k], config.arch.batch_size);
    disposeTree([value, grads, aux, next.metrics, batch, rates]);
  }

  const reasoner = createReasoner(model, "float32");
  const batch = batchAt(batches, 0);
  for await (const { step: k, output } of think(reasoner, state.params, batch, config.eval.steps)) {
    if (k === config.eval.steps - 1) {
      compare("evaluation", "eval.logits", output.logits);
      compare("evaluation", "eval.q_halt_logits", output.qHalt);
    }
  }
  disposeTree([batch, state]);
  for (const compiled of [gradStep, step, reasoner]) compiled.dispose();
  return errors;
}

/** Adds what the official run logged: losses relatively, counts exactly. */
function compareMetrics(
  errors: ParityErrors,
  metrics: tf.Tensor1D,
  loss: tf.Scalar,
  expected: Record<string, number>,
  batchSize: number,
): void {
  const relative = (ours: number, theirs: number) =>
    Math.abs(ours - theirs) / Math.max(Math.abs(theirs), 1e-12);
  const values = metrics.dataSync();
  errors.loss = Math.max(errors.loss, relative(loss.dataSync()[0] * batchSize, expected.loss));
  METRICS.forEach((name, i) => {
    if (expected[name] === undefined) return;
    if (name.endsWith("loss")) errors.loss = Math.max(errors.loss, relative(values[i], expected[name]));
    else if (Math.abs(values[i] - expected[name]) > 1e-4) errors.halting++;
  });
}

/** A case has its own names for a few of the official fields. */
function trainingConfig({ train, loss_type, arch }: CaseConfig): TrainingConfig {
  const { warmup_steps: lr_warmup_steps, total_steps: totalSteps, ema: ema_rate } = train;
  const official = { ...train, lr_warmup_steps, ema_rate, arch: { loss: { loss_type } } };
  return {
    ...paperTraining,
    ...readOfficial(trainingFields, official),
    batchSize: arch.batch_size,
    totalSteps,
    precision: "float32",
  };
}

/** The official name of a latent: y is z_H, z is z_L, z1 is z_L1. */
function officialLatent(name: string): string {
  return name === "y" ? "z_H" : name.replace("z", "z_L");
}

function batchAt(batches: Record<string, StoredTensor>, k: number): BatchTensors {
  const int32 = (name: string) => {
    const stored = batches[`${name}.${k}`];
    if (!stored) throw new Error(`batches.safetensors has no ${name}.${k}`);
    return tf.tensor(toInt32(stored), [...stored.shape], "int32");
  };
  return {
    inputs: int32("inputs") as tf.Tensor2D,
    labels: int32("labels") as tf.Tensor2D,
    puzzleIdentifiers: int32("puzzle_identifiers") as tf.Tensor1D,
  };
}

function asTensors(stored: Record<string, StoredTensor>): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(stored).map(([name, tensor]) => [name, tf.tensor(toFloat32(tensor), [...tensor.shape])]),
  );
}

function largestDifference(tensor: tf.Tensor, expected: StoredTensor, name: string): number {
  if (tensor.shape.join() !== expected.shape.join()) {
    throw new Error(`${name} is [${tensor.shape}] here, but [${expected.shape}] in the official run`);
  }
  const ours = tensor.dataSync();
  const theirs = toFloat32(expected);
  let largest = 0;
  for (let i = 0; i < theirs.length; i++) {
    const difference = Math.abs(ours[i] - theirs[i]);
    // NaN is larger than every tolerance, but Math.max and > would let it pass.
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return largest;
}

function countDifferent(tensor: tf.Tensor, expected: StoredTensor): number {
  const ours = tensor.dataSync();
  return toInt32(expected).reduce((count, value, i) => count + Number(value !== ours[i]), 0);
}
