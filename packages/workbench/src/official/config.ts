import type { ModelConfig } from "trm/model";
import { stringify } from "yaml";
import { isRecord, type ModelSettings, type RunConfig, type RunConfigChanges } from "../config/config";
import { nearest } from "../text/nearest";
import { fromOfficialArch, type OfficialArch } from "./state-dict";
import { type Plain, readWithDefaults, withInterpolations } from "./yaml";

/** Fields of `cfg_pretrain.yaml` without a counterpart in a run: where things are, how they are called, and hydra's own. */
const ignored = [
  "hydra",
  "evaluators",
  "checkpoint_every_eval",
  "min_eval_interval",
  "eval_save_outputs",
  "project_name",
  "run_name",
  "checkpoint_path",
  "load_checkpoint",
];

const trainingFields = [
  "global_batch_size",
  "epochs",
  "eval_interval",
  "lr",
  "lr_min_ratio",
  "lr_warmup_steps",
  "beta1",
  "beta2",
  "weight_decay",
  "puzzle_emb_weight_decay",
  "puzzle_emb_lr",
  "seed",
  "ema",
  "ema_rate",
];
const known = ["arch", "data_paths", "data_paths_test", "freeze_weights", ...trainingFields, ...ignored];

/** Fields that every model of the official code needs. */
const requiredArchFields = [
  "name",
  "halt_exploration_prob",
  "halt_max_steps",
  "H_cycles",
  "L_cycles",
  "H_layers",
  "L_layers",
  "hidden_size",
  "num_heads",
  "expansion",
  "puzzle_emb_ndim",
  "pos_encodings",
];

const archFields = [
  ...requiredArchFields,
  "loss",
  "forward_dtype",
  "mlp_t",
  "puzzle_emb_len",
  "no_ACT_continue",
  "rms_norm_eps",
  "rope_theta",
  "extensions",
];

/**
 * Reads a configuration of the official code: `config/cfg_pretrain.yaml` with its `defaults`, a single file of
 * `config/arch`, or the `all_config.yaml` that training leaves beside its checkpoints.
 * @throws Error naming the file and the field that is unknown or has no counterpart here
 */
export function readOfficialConfig(path: string): RunConfigChanges {
  const file = readWithDefaults(path);
  try {
    return officialChanges(withInterpolations(file));
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
}

function officialChanges(file: Plain): RunConfigChanges {
  // A file of config/arch is the value of `arch`.
  const config: Plain = "arch" in file || !("name" in file) ? file : { arch: file };
  const unknown = Object.keys(config).find((field) => !known.includes(field));
  if (unknown) throw new Error(`there is no field ${unknown}${didYouMean(unknown, known)}`);
  if (config.freeze_weights) throw new Error("freeze_weights has no counterpart here; it must be False");
  return { ...archChanges(config.arch), ...dataChanges(config), ...trainingChanges(config) };
}

/** True if YAML text has the official code's names, not ours. */
export function isOfficialConfig(value: unknown): boolean {
  return (
    isRecord(value) && ["arch", "defaults", "global_batch_size", "hidden_size"].some((key) => key in value)
  );
}

function archChanges(arch: unknown): RunConfigChanges {
  if (arch === undefined) return {};
  if (!isRecord(arch)) throw new Error("arch must be a section of fields");
  const unknown = Object.keys(arch).find((field) => !archFields.includes(field));
  if (unknown) throw new Error(`there is no field arch.${unknown}${didYouMean(unknown, archFields)}`);
  const missing = requiredArchFields.find((field) => arch[field] === undefined);
  if (missing) throw new Error(`arch.${missing} is missing`);
  const kind = /(?:^|\.)(\w+)@/.exec(String(arch.name))?.[1] ?? String(arch.name);
  // These files lack the fields that the dataset decides.
  const official = {
    seq_len: 1,
    vocab_size: 2,
    num_puzzle_identifiers: 1,
    ...arch,
  } as unknown as OfficialArch;
  const { vocabSize, seqLen, numPuzzleIdentifiers, ...model } = fromOfficialArch(kind, official);
  return { model: { ...model, ...(isRecord(arch.extensions) && arch.extensions) } };
}

function dataChanges(config: Plain): RunConfigChanges {
  if (config.data_paths === undefined) return {};
  return {
    data: {
      kind: "folder",
      paths: config.data_paths as string[],
      testPaths: (config.data_paths_test ?? []) as string[],
      epochs: (config.epochs ?? null) as number | null,
      ...(config.eval_interval !== undefined && { epochsPerIteration: config.eval_interval as number }),
    },
    ...(config.epochs !== undefined &&
      config.eval_interval !== undefined && {
        evaluation: { every: Math.min(Number(config.eval_interval) / Number(config.epochs), 0.999) },
      }),
  };
}

function trainingChanges(config: Plain): RunConfigChanges {
  const loss = isRecord(config.arch) && isRecord(config.arch.loss) ? config.arch.loss.loss_type : undefined;
  const dtype = isRecord(config.arch) ? config.arch.forward_dtype : undefined;
  const fields: Plain = {
    seed: config.seed,
    batchSize: config.global_batch_size,
    learningRate: config.lr,
    minRatio: config.lr_min_ratio,
    warmupSteps: config.lr_warmup_steps,
    beta1: config.beta1,
    beta2: config.beta2,
    weightDecay: config.weight_decay,
    puzzleEmbLearningRate: config.puzzle_emb_lr,
    puzzleEmbWeightDecay: config.puzzle_emb_weight_decay,
    ema: config.ema === undefined ? undefined : config.ema ? (config.ema_rate ?? 0.999) : 0,
    loss: loss === undefined ? undefined : String(loss).replace("_cross_entropy", ""),
    precision: dtype,
  };
  const training = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return Object.keys(training).length > 0 ? { training } : {};
}

/** The official code's names of the recursions that it has. */
const classNames: Partial<Record<ModelConfig["recursion"], string>> = {
  full: "trm@TinyRecursiveReasoningModel_ACTV1",
  "one-step": "trm_onestep@TinyRecursiveReasoningModel_ACTV1",
  "single-latent": "trm_singlez@TinyRecursiveReasoningModel_ACTV1",
  "many-latents": "trm_hier6@TinyRecursiveReasoningModel_ACTV1",
};

/** The `all_config.yaml` that official training would leave, as far as model and training go. */
export function officialYaml({ model, training }: Pick<RunConfig, "model" | "training">): string {
  const isHrm = model.networks === 2 && model.recursion === "one-step";
  const name = isHrm
    ? "hrm@HierarchicalReasoningModel_ACTV1"
    : model.networks === 2
      ? "trm_dual@TinyRecursiveReasoningModel_ACTV1"
      : (classNames[model.recursion] ?? classNames.full);
  const arch = {
    name: `recursive_reasoning.${name}`,
    loss: { name: "losses@ACTLossHead", loss_type: `${training.loss}_cross_entropy` },
    halt_exploration_prob: model.exploration,
    halt_max_steps: model.supervisionSteps,
    H_cycles: model.T,
    L_cycles: model.n,
    H_layers: model.networks === 2 ? model.layers : 0,
    L_layers: model.layers,
    hidden_size: model.hiddenSize,
    num_heads: model.heads,
    expansion: model.expansion,
    puzzle_emb_ndim: model.puzzleEmbSize,
    pos_encodings: model.positions,
    forward_dtype: training.precision,
    mlp_t: model.mixer === "mlp",
    puzzle_emb_len: model.puzzleEmbLen,
    no_ACT_continue: model.halting !== "continue",
    rms_norm_eps: model.normEpsilon,
    rope_theta: model.ropeTheta,
  };
  return stringify({
    arch: { ...arch, ...extensions(model, arch) },
    global_batch_size: training.batchSize,
    lr: training.learningRate,
    lr_min_ratio: training.minRatio,
    lr_warmup_steps: training.warmupSteps,
    beta1: training.beta1,
    beta2: training.beta2,
    weight_decay: training.weightDecay,
    puzzle_emb_lr: training.puzzleEmbLearningRate,
    puzzle_emb_weight_decay: training.puzzleEmbWeightDecay,
    seed: training.seed,
    ema: training.ema > 0,
    ema_rate: training.ema,
  });
}

/** Fields that the official code does not have: kept in a section that our reader understands. */
function extensions(model: ModelSettings, arch: Plain): { extensions?: Plain } {
  const official: Plain = { ...archChanges(arch).model };
  const beyond = Object.entries(model).filter(([field, value]) => value !== official[field]);
  return beyond.length > 0 ? { extensions: Object.fromEntries(beyond) } : {};
}

function didYouMean(field: string, candidates: readonly string[]): string {
  const close = nearest(field, candidates);
  return close ? `; did you mean ${close}?` : "";
}
