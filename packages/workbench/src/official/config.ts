import { type ModelSettings, modelFields } from "trm/model";
import { paperTraining, trainingFields } from "trm/trainer";
import { stringify } from "yaml";
import { isRecord, type RunConfig, type RunConfigChanges } from "../config/config";
import { folderFields } from "../config/fields";
import { nearest } from "../text/nearest";
import { isHrm, officialModelName, settingsFromArch } from "./arch";
import { officialNames, readOfficial, writeOfficial } from "./fields";
import { type Plain, readWithDefaults, withInterpolations } from "./yaml";

/** Fields of `cfg_pretrain.yaml` that a run has no use for: places, names, and hydra's own. */
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

/** Names at the top of an official file. */
const known = [
  "arch",
  "freeze_weights",
  "data_path",
  "ema",
  ...officialNames("", folderFields),
  ...officialNames("", trainingFields),
  ...ignored,
];

/** Names in `arch` that the official code needs for every model. */
const requiredInArch = [
  "name",
  "H_layers",
  ...officialNames("arch", modelFields, ({ optional }) => !optional),
];

const knownInArch = [
  ...requiredInArch,
  ...officialNames("arch", modelFields),
  ...officialNames("arch", trainingFields),
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
  const { data_path, ...config }: Plain = "arch" in file || !("name" in file) ? file : { arch: file };
  // HRM's configurations name one folder, and have no moving average.
  if (data_path !== undefined) config.data_paths ??= [data_path];
  if (isRecord(config.arch) && isHrm(modelKind(config.arch))) config.ema ??= false;
  const unknown = Object.keys(config).find((field) => !known.includes(field));
  if (unknown) throw new Error(`there is no field ${unknown}${didYouMean(unknown, known)}`);
  if (config.freeze_weights) throw new Error("freeze_weights has no counterpart here; it must be False");
  return { ...archChanges(config.arch), ...dataChanges(config), ...trainingChanges(config) };
}

/** True if YAML text has the official code's names, not ours. */
export function isOfficialConfig(value: unknown): boolean {
  return (
    isRecord(value) &&
    ["arch", "defaults", "global_batch_size", "hidden_size", "data_path", "data_paths"].some(
      (key) => key in value,
    )
  );
}

function archChanges(arch: unknown): RunConfigChanges {
  if (arch === undefined) return {};
  if (!isRecord(arch)) throw new Error("arch must be a section of fields");
  const unknown = Object.keys(arch).find((field) => !knownInArch.includes(field));
  if (unknown) throw new Error(`there is no field arch.${unknown}${didYouMean(unknown, knownInArch)}`);
  const missing = requiredInArch.find((field) => arch[field] === undefined);
  if (missing) throw new Error(`arch.${missing} is missing`);
  const extensions = isRecord(arch.extensions) ? arch.extensions : {};
  return { model: { ...settingsFromArch(modelKind(arch), arch), ...extensions } };
}

/** `recursive_reasoning.trm@Class` -> `trm`. */
const modelKind = ({ name }: Plain): string => /(?:^|\.)(\w+)@/.exec(String(name))?.[1] ?? String(name);

function dataChanges(file: Plain): RunConfigChanges {
  if (file.data_paths === undefined) return {};
  const { epochs, eval_interval } = file;
  return {
    data: { kind: "folder", testPaths: [], epochs: null, ...readOfficial(folderFields, file) },
    ...(epochs !== undefined &&
      eval_interval !== undefined && {
        evaluation: { every: Math.min(Number(eval_interval) / Number(epochs), 0.999) },
      }),
  };
}

function trainingChanges(file: Plain): RunConfigChanges {
  // `ema` switches the moving average on or off; `ema_rate` is its decay.
  const { ema, ema_rate = paperTraining.ema } = file;
  const rate = ema === undefined ? undefined : ema ? ema_rate : 0;
  const training = readOfficial(trainingFields, { ...file, ema_rate: rate });
  return Object.keys(training).length > 0 ? { training } : {};
}

/** The `all_config.yaml` that official training would leave, as far as model and training go. */
export function officialYaml({ model, training }: Pick<RunConfig, "model" | "training">): string {
  const { arch: ofTraining, ...file } = writeOfficial(trainingFields, training);
  const { arch: ofModel } = writeOfficial(modelFields, model);
  const { loss, ...others } = ofTraining as Plain;
  const arch = {
    name: officialModelName(model),
    loss: { name: "losses@ACTLossHead", ...(loss as Plain) },
    H_layers: model.networks === 2 ? (model.answerLayers ?? model.layers) : 0,
    ...(ofModel as Plain),
    ...others,
  };
  return stringify({ arch: { ...arch, ...extensions(model, arch) }, ...file, ema: training.ema > 0 });
}

/** Settings that the official code does not have, in a section of our own that {@link readOfficialConfig} reads. */
function extensions(model: ModelSettings, arch: Plain): { extensions?: Plain } {
  const official: Plain = { ...archChanges(arch).model };
  const beyond = Object.entries(model).filter(([field, value]) => value !== official[field]);
  return beyond.length > 0 ? { extensions: Object.fromEntries(beyond) } : {};
}

function didYouMean(field: string, candidates: readonly string[]): string {
  const close = nearest(field, candidates);
  return close ? `; did you mean ${close}?` : "";
}
