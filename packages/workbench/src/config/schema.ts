import { checkModelConfig, paperModel } from "trm/model";
import { checkTrainingConfig, paperTraining, type TrainingConfig } from "trm/trainer";
import { z } from "zod";
import { nearest, suggestion } from "../text/nearest";
import {
  type CheckpointConfig,
  type DataConfig,
  type DatasetFolders,
  type EvaluationConfig,
  type GeneratedMaze,
  type GeneratedSudoku,
  isRecord,
  type MetricsConfig,
  type ModelSettings,
  type RunConfig,
  type SudokuFiles,
} from "./config";

type Fields<T> = { readonly [K in keyof T]-?: z.ZodType<T[K]> };
type Defaults<T> = { readonly [K in keyof T]?: T[K] };

/** A section that knows no other fields; a field with a default may be left out. */
function section<T>(fields: Fields<T>, defaults: Defaults<T>): z.ZodObject {
  const shape = Object.entries<z.ZodType>(fields as Record<string, z.ZodType>).map(([name, type]) => {
    const value = defaults[name as keyof T];
    return [name, value === undefined ? type : type.default(value)];
  });
  return z.strictObject(Object.fromEntries(shape));
}

const count = z.int("must be a whole number").min(1, "must be at least 1");
const seed = z.int("must be a whole number");
const interval = z
  .number()
  .min(0, "must be at least 0")
  .refine(
    (value) => value < 1 || Number.isInteger(value),
    "must be whole steps, or a share of the run below 1",
  );
const box = z.string().regex(/^[2-4]x[2-4]$/, "must be ROWSxCOLUMNS of a box, such as 2x3 or 3x3");
const weights = z.array(z.enum(["live", "ema"])).min(1, "must name at least one of live and ema");

const dataSections = {
  sudoku: section<GeneratedSudoku>(
    { kind: z.literal("sudoku"), box, train: count, test: count, seed, augment: z.boolean() },
    { box: "3x3", train: 1000, test: 1000, seed: 0, augment: true },
  ),
  maze: section<GeneratedMaze>(
    {
      kind: z.literal("maze"),
      size: z.int().min(5, "must be at least 5"),
      loops: z.number().min(0, "must be at least 0").max(1, "must be at most 1"),
      minLength: z.int().min(1, "must be at least 1"),
      train: count,
      test: count,
      seed,
      augment: z.boolean(),
    },
    // Maze-Hard: paths of more than 110 steps.
    { size: 30, loops: 0.1, minLength: 111, train: 1000, test: 1000, seed: 0, augment: true },
  ),
  csv: section<SudokuFiles>(
    {
      kind: z.literal("csv"),
      train: z.string(),
      test: z.string(),
      box,
      subsample: count.nullable(),
      minRating: z.number().nullable(),
      seed,
      augment: z.boolean(),
    },
    { box: "3x3", subsample: null, minRating: null, seed: 0, augment: true },
  ),
  folder: section<DatasetFolders>(
    {
      kind: z.literal("folder"),
      paths: z.array(z.string()).min(1, "must name at least one folder"),
      testPaths: z.array(z.string()),
      epochs: count.nullable(),
      epochsPerIteration: count,
    },
    { testPaths: [], epochs: null, epochsPerIteration: 1 },
  ),
};

/** The kinds of data, by name. */
export const dataKinds = Object.keys(dataSections) as DataConfig["kind"][];

const choices = <const V extends readonly [string, ...string[]]>(...values: V) => z.enum(values);

const sections = {
  model: section<ModelSettings>(
    {
      hiddenSize: z.number(),
      layers: z.number(),
      mixer: choices("attention", "mlp"),
      heads: z.number(),
      expansion: z.number().positive("must be above 0"),
      widthMultiple: z.number(),
      experts: z.number(),
      expertsPerToken: z.number(),
      expertBalance: z.number(),
      positions: choices("rope", "learned", "none"),
      ropeTheta: z.number().positive("must be above 0"),
      normEpsilon: z.number().positive("must be above 0"),
      puzzleEmbSize: z.int().min(0, "must be at least 0"),
      puzzleEmbLen: z.int().min(0, "must be at least 0"),
      recursion: choices("full", "one-step", "single-latent", "many-latents", "direct"),
      networks: z.union([z.literal(1), z.literal(2)], "must be 1 or 2"),
      n: z.number(),
      T: z.number(),
      supervisionSteps: z.number(),
      exploration: z.number(),
      halting: choices("halt", "continue", "never"),
    },
    paperModel,
  ),
  training: section<TrainingConfig>(
    {
      seed: z.number(),
      batchSize: z.number(),
      loss: choices("stablemax", "softmax"),
      learningRate: z.number(),
      beta1: z.number(),
      beta2: z.number(),
      weightDecay: z.number(),
      warmupSteps: z.number(),
      totalSteps: z.number(),
      minRatio: z.number(),
      puzzleEmbLearningRate: z.number(),
      puzzleEmbWeightDecay: z.number(),
      ema: z.number(),
      precision: choices("float32", "bfloat16"),
    },
    paperTraining,
  ),
  evaluation: section<EvaluationConfig>(
    {
      every: interval,
      weights,
      batchSize: count.nullable(),
      supervisionSteps: count.nullable(),
      limit: count.nullable(),
    },
    // As published: ten evaluations a run.
    { every: 0.1, weights: ["ema"], batchSize: null, supervisionSteps: null, limit: null },
  ),
  checkpoints: section<CheckpointConfig>({ every: interval, keep: count }, { every: 0.02, keep: 3 }),
  metrics: section<MetricsConfig>(
    { format: choices("csv", "jsonl"), every: count, tensorboard: z.boolean() },
    { format: "csv", every: 1, tensorboard: false },
  ),
};

/** A field of a configuration, such as `training.learningRate`. */
export interface ConfigField {
  readonly path: string;
  /** Values it can take, where they can be listed. */
  readonly choices?: readonly string[];
  /** Whether it takes a list. */
  readonly isList: boolean;
  /** The value when nothing else is said; the paper's, where the paper has one. */
  readonly default?: unknown;
}

/** Every field that a configuration can have; those of `data` for all its kinds. */
export function configFields(): ConfigField[] {
  const fields = new Map<string, ConfigField>();
  const add = (name: string, { shape }: z.ZodObject) => {
    for (const [field, type] of Object.entries(shape) as [string, z.ZodType][]) {
      const path = `${name}.${field}`;
      if (fields.has(path)) continue;
      const inner = type instanceof z.ZodDefault ? (type.unwrap() as z.ZodType) : type;
      fields.set(path, {
        path,
        isList: inner instanceof z.ZodArray,
        ...(inner instanceof z.ZodEnum && { choices: inner.options as string[] }),
        ...(path === "data.kind" && { choices: dataKinds }),
        ...(type instanceof z.ZodDefault && name !== "data" && { default: type.def.defaultValue }),
      });
    }
  };
  for (const data of Object.values(dataSections)) add("data", data);
  for (const [name, fields] of Object.entries(sections)) add(name, fields);
  return [...fields.values()];
}

/**
 * Checks a whole configuration and fills in the paper's values for what it leaves out.
 * @param value for example parsed JSON
 * @throws RangeError naming the field that is unknown or wrong, with the nearest valid choice
 * @example
 * parseRunConfig({ data: { kind: "sudoku", box: "2x3" }, model: { hiddenSize: 128 } });
 */
export function parseRunConfig(value: unknown): RunConfig {
  if (!isRecord(value)) throw new RangeError(`a configuration is an object of sections, not ${show(value)}`);
  const { data, ...others } = value;
  const unknown = Object.keys(others).find((name) => !(name in sections));
  if (unknown) throw unknownField(unknown, ["data", ...Object.keys(sections)]);
  const config = {
    data: parseData(data),
    ...Object.fromEntries(
      Object.entries(sections).map(([name, schema]) => [
        name,
        parseSection(name, schema, others[name] ?? {}),
      ]),
    ),
  } as unknown as RunConfig;
  // Its dataset decides the rest, which cannot be wrong here.
  checkModelConfig({ ...config.model, vocabSize: 2, seqLen: 1, numPuzzleIdentifiers: 1 });
  checkTrainingConfig(config.training);
  return config;
}

function parseData(value: unknown): unknown {
  if (!isRecord(value) || value.kind === undefined) {
    throw new RangeError(`data.kind is missing; it can be ${dataKinds.join(", ")}`);
  }
  const schema = dataSections[value.kind as DataConfig["kind"]];
  if (!schema) throw notAmong("data.kind", value.kind, dataKinds);
  return parseSection("data", schema, value, ` with data.kind ${value.kind}`);
}

function parseSection(name: string, schema: z.ZodObject, value: unknown, where = ""): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = [name, ...issue.path].join(".");
  if (issue.code === "unrecognized_keys") {
    const own = Object.keys(schema.shape).map((field) => `${name}.${field}`);
    throw unknownField(
      `${path}.${issue.keys[0]}`,
      [...own, ...configFields().map((field) => field.path)],
      where,
    );
  }
  const given = issue.path.reduce<unknown>(
    (part, key) => (part as Record<PropertyKey, unknown>)?.[key],
    value,
  );
  if (given === undefined && issue.code === "invalid_type")
    throw new RangeError(`${path} is missing${where}`);
  if (issue.code === "invalid_value") throw notAmong(path, given, issue.values.map(String));
  const rule = issue.code === "invalid_type" ? `must be ${article(issue.expected)}` : issue.message;
  throw new RangeError(`${path} ${rule}, not ${show(given)}`);
}

function unknownField(path: string, known: readonly string[], where = ""): RangeError {
  const field = path.replace(/^data\./, "");
  const owners = dataKinds.filter((kind) => field in dataSections[kind].shape);
  if (owners.length > 0)
    return new RangeError(`there is no field ${path}${where}; it is one of ${owners.join(" and ")}`);
  return new RangeError(`there is no field ${path}${where}${suggestion(path, known)}`);
}

function notAmong(path: string, given: unknown, values: readonly string[]): RangeError {
  const close = nearest(String(given), values);
  return new RangeError(
    `${path} can be ${values.join(", ")}, not ${show(given)}${close ? `; did you mean ${close}?` : ""}`,
  );
}

const article = (type: string): string =>
  type === "int"
    ? "a whole number"
    : type === "boolean"
      ? "true or false"
      : `${/^[aeiou]/.test(type) ? "an" : "a"} ${type}`;

const show = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 100);
