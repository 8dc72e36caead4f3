import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { disposeTree, tf } from "tfjs-compile";
import { type Model, type ModelConfig, type ModelParams, puzzleTokens } from "trm/model";
import { z } from "zod";
import { latestCheckpoint, readCheckpoint } from "../checkpoints";
import { mergeConfig, type RunConfig, type RunConfigChanges } from "../config/config";
import { withFullPaths } from "../config/data-paths";
import { parseModelSettings } from "../config/parse";
import {
  encodeBfloat16,
  parseJsonAs,
  readSafetensors,
  readTorch,
  type StoredTensor,
  toFloat32,
  withPrefix,
  writeFileAtomic,
  writeSafetensors,
  writeTorch,
} from "../files";
import { projectFolder } from "../files/paths";
import { count } from "../text";
import { aboutRun, type DataDigests, storedModel } from "./about";
import { officialYaml, readOfficialConfig } from "./config";
import { weightsPlace } from "./model-folder";
import { fromStateDict, officialName } from "./state-dict";
import { officialNames, someNames } from "./weight-names";

/** Trained weights from whatever file holds them. */
export interface StoredWeights {
  readonly source: "checkpoint" | "safetensors" | "torch";
  readonly path: string;
  /** Training steps, where the file says. */
  readonly step?: number;
  /** By official name, such as `inner.lm_head.weight`. */
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  /** The whole model, where the file says; a PyTorch file does not. */
  readonly model?: ModelConfig;
  /** Settings of the run that trained them, where the file or one beside it says. */
  readonly config?: RunConfigChanges;
  /** Digests of the data that they learnt from. */
  readonly data?: DataDigests;
}

/** The checkpoint that a path means: itself, or the newest one of a run's folder. */
export function checkpointAt(path: string): string | undefined {
  if (existsSync(join(path, "checkpoint.json"))) return path;
  return latestCheckpoint(join(path, "checkpoints"));
}

/**
 * Reads weights from a run's folder (its newest checkpoint), a checkpoint, a model that comes with the project, a `.safetensors`
 * file, or a PyTorch file as the official code saves it. Nothing in the file is executed.
 * @param nameOrPath a path, or the name of a model in `data/models`
 * @param which of a checkpoint: the averaged weights, which the paper evaluates, or the live ones
 * @throws Error naming the path and what is wrong with it
 */
export function readWeights(nameOrPath: string, which: "ema" | "live" = "ema"): StoredWeights {
  const path = weightsPlace(nameOrPath);
  if (statSync(path).isDirectory()) {
    const checkpoint = checkpointAt(path);
    if (checkpoint) return fromCheckpoint(checkpoint, which);
    throw new Error(`${path} is neither a checkpoint nor the folder of a run that has saved one`);
  }
  const stored = /\.safetensors$/i.test(path) ? fromSafetensors(path, which) : fromTorch(path, which);
  if (Object.keys(stored.tensors).length === 0) throw new Error(`${path} holds no tensors`);
  return stored;
}

function fromCheckpoint(path: string, which: "ema" | "live"): StoredWeights {
  const checkpoint = readCheckpoint(path);
  const { config, model, data } = aboutRun(checkpoint.about, path);
  const stored = checkpoint.tensors();
  const tensors: Record<string, StoredTensor> = {};
  for (const [place, tensor] of Object.entries(stored)) {
    const [, param] = /^params\.(.*)$/.exec(place) ?? [];
    if (!param) continue;
    const averaged = stored[param.replace(/^weights\./, "ema.")];
    const useAverage = which === "ema" && param.startsWith("weights.") && averaged;
    tensors[officialName(param)] = useAverage ? averaged : tensor;
  }
  return { source: "checkpoint", path, step: checkpoint.step, tensors, model, config, ...(data && { data }) };
}

/** Metadata of a file that `writeWeightsSafetensors` writes. */
const safetensorsAbout = z.object({
  model: storedModel,
  config: z
    .record(z.string(), z.unknown())
    .transform((config) => withFullPaths(config as RunConfigChanges, projectFolder))
    .optional(),
  step: z.int().min(0).optional(),
});

function fromSafetensors(path: string, which: "ema" | "live"): StoredWeights {
  const { tensors, metadata } = readSafetensors(path);
  const named = officialNames(tensors, which, path);
  if (!metadata.trm) return { source: "safetensors", path, tensors: named, ...besideWeights(path) };
  const about = parseJsonAs(metadata.trm, `${path}, metadata "trm"`, safetensorsAbout);
  return { source: "safetensors", path, tensors: named, ...about };
}

function fromTorch(path: string, which: "ema" | "live"): StoredWeights {
  if (!/^(PK|\x80|$)/.test(firstCharacters(path))) {
    throw new Error(
      `${path} does not hold weights: it is no safetensors file by its name and no PyTorch file by its content`,
    );
  }
  return {
    source: "torch",
    path,
    tensors: officialNames(readTorch(path), which, path),
    ...besideWeights(path),
  };
}

/** The first two bytes of a file, as characters: a PyTorch file is a zip archive or a pickle. */
function firstCharacters(path: string): string {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(2);
    return bytes.toString("latin1", 0, readSync(file, bytes, 0, 2, 0));
  } finally {
    closeSync(file);
  }
}

/** The configuration in a file beside the weights: `NAME.yaml`, or the official `all_config.yaml`. */
function besideWeights(path: string): { config?: RunConfigChanges } {
  const config = [yamlBeside(path), join(dirname(path), "all_config.yaml")].find(existsSync);
  return config === undefined ? {} : { config: readOfficialConfig(config) };
}

/**
 * The model that stored weights are for. What the file does not say comes from `changes`, sizes come from the tensors.
 * @param seqLen tokens per puzzle, for attention without learned positions, whose tensors do not tell
 * @throws Error that says which setting is missing
 */
export function modelConfigOf(
  weights: StoredWeights,
  changes: RunConfigChanges = {},
  seqLen?: number,
): ModelConfig {
  if (weights.model) return { ...weights.model, ...changes.model };
  const { tensors, path } = weights;
  if (!weights.config?.model && !changes.model) {
    throw new Error(
      `${path} does not say how its model works (n, T, heads, …): name a preset or a configuration file with --config`,
    );
  }
  const settings = parseModelSettings(mergeConfig(weights.config ?? {}, changes).model);
  const vocabulary = tensors["inner.embed_tokens.embedding_weight"]?.shape[0];
  if (vocabulary === undefined)
    throw new Error(`${path} is not a TRM: it has no inner.embed_tokens; ${someNames(tensors)}`);
  const partial = { ...settings, vocabSize: vocabulary, seqLen: 1, numPuzzleIdentifiers: 1 };
  const length =
    tensors["inner.L_level.layers.0.mlp_t.down_proj.weight"]?.shape[0] ??
    tensors["inner.embed_pos.embedding_weight"]?.shape[0];
  const ownLength = length === undefined ? seqLen : length - puzzleTokens(partial);
  if (ownLength === undefined) {
    throw new Error(`${path} does not tell how many tokens a puzzle has: name the dataset to use it on`);
  }
  return {
    ...partial,
    seqLen: ownLength,
    numPuzzleIdentifiers: tensors[PUZZLE_EMBEDDING]?.shape[0] ?? 1,
  };
}

/**
 * Stored weights as parameters of a model; the caller owns them. A puzzle embedding of another size is replaced by its mean in
 * every row, as the official loader does for new puzzles.
 * @throws Error naming the tensors that do not fit, or hold NaN or infinity
 */
export function paramsFrom(model: Model, weights: StoredWeights): ModelParams {
  const tensors = Object.entries(weights.tensors).map(
    ([name, tensor]) => [name, tensor.shape, toFloat32(tensor)] as const,
  );
  const broken = tensors.filter(([, , values]) => !values.every(Number.isFinite)).map(([name]) => name);
  if (broken.length > 0) throw notFinite(weights.path, broken);
  const dict = Object.fromEntries(
    tensors.map(([name, shape, values]) => [name, asTensor(model, name, shape, values)]),
  );
  try {
    return fromStateDict(model, dict);
  } catch (error) {
    throw new Error(`${weights.path}: ${(error as Error).message}`);
  } finally {
    disposeTree(dict);
  }
}

function notFinite(path: string, names: readonly string[]): Error {
  const some = `${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""}`;
  return new Error(
    `${path}: ${names.length} of its tensors hold NaN or infinity (${some}): ` +
      "its training diverged, or the file is damaged",
  );
}

/**
 * Message for the case that {@link paramsFrom} replaces the learned puzzle embeddings by their mean.
 * @returns undefined where they stay as they are
 */
export function embeddingNotice({ config }: Model, { path, tensors }: StoredWeights): string | undefined {
  const rows = tensors[PUZZLE_EMBEDDING]?.shape[0];
  const wanted = config.numPuzzleIdentifiers;
  if (config.puzzleEmbSize === 0 || rows === undefined || rows === wanted) return undefined;
  return `${path} has embeddings for ${count(rows)} puzzle identifiers, not ${count(wanted)}: all start from their mean`;
}

const PUZZLE_EMBEDDING = "inner.puzzle_emb.weights";

function asTensor(
  { config }: Model,
  name: string,
  shape: readonly number[],
  values: Float32Array,
): tf.Tensor {
  const [rows, size] = shape;
  const wanted = config.numPuzzleIdentifiers;
  if (name !== PUZZLE_EMBEDDING || rows === wanted) return tf.tensor(values, [...shape]);
  return tf.tidy(() => tf.tile(tf.mean(tf.tensor2d(values, [rows, size]), 0, true), [wanted, 1]));
}

/** Metadata of a safetensors file of weights. */
export interface WeightsAbout {
  readonly model: ModelConfig;
  readonly config: RunConfig;
  readonly step?: number;
}

/** Writes weights under their official names, with everything needed to use them. */
export function writeWeightsSafetensors(
  path: string,
  tensors: Readonly<Record<string, StoredTensor>>,
  about?: WeightsAbout,
): void {
  writeSafetensors(path, tensors, about ? { trm: JSON.stringify(about) } : {});
}

/**
 * Writes weights as the official code saves them (`_orig_mod.model.inner.…`), and beside them `NAME.yaml` with the model's
 * settings, which a PyTorch file cannot hold.
 * @returns the files written
 */
export function writeWeightsTorch(
  path: string,
  tensors: Readonly<Record<string, StoredTensor>>,
  config?: Pick<RunConfig, "model" | "training">,
): string[] {
  const named = Object.entries(tensors).map(([name, tensor]): [string, StoredTensor] => [
    name,
    // These two are buffers in the precision of the forward pass; the official code would compute in theirs.
    config?.training.precision === "bfloat16" && /_init$/.test(name) ? asBfloat16(tensor) : tensor,
  ]);
  writeTorch(path, withPrefix(Object.fromEntries(named), "_orig_mod.model."));
  if (!config) return [path];
  const yaml = yamlBeside(path);
  writeFileAtomic(yaml, officialYaml(config));
  return [path, yaml];
}

/** `runs/best.pt` -> `runs/best.yaml`. */
export const yamlBeside = (path: string): string => `${path.replace(/\.[^.\\/]*$/, "")}.yaml`;

function asBfloat16(tensor: StoredTensor): StoredTensor {
  return {
    dtype: "bfloat16",
    shape: tensor.shape,
    data: Uint16Array.from(toFloat32(tensor), encodeBfloat16),
  };
}
