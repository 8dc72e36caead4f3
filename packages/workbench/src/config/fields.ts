import { type Field, type Fields, field, flag, integer, list, number, oneOf, orNull, text } from "trm/fields";
import { modelFields } from "trm/model";
import { trainingFields } from "trm/trainer";
import meanings from "./field-meanings.json";

/** Steps between two events, or a share of the run. */
const interval = (options: { readonly default: number }) =>
  field<number>(
    "whole steps, or a share of the run below 1",
    (value) => typeof value === "number" && value >= 0 && (value < 1 || Number.isSafeInteger(value)),
    options,
  );

const box = {
  /** Rows x columns of one box: 2x2 for 4x4 Sudoku, 2x3 for 6x6, 3x3 for 9x9. */
  box: field<string>(
    "ROWSxCOLUMNS of a box, such as 2x3 or 3x3",
    (value) => typeof value === "string" && /^[2-4]x[2-4]$/.test(value),
    { default: "3x3" },
  ),
} as const satisfies Fields;

const counts = {
  /** Training puzzles to make, or the CSV file that has them. */
  train: integer({ default: 1000, atLeast: 1, atMost: 16_000_000 }),
  /** Held-out puzzles to make, or the CSV file that has them. */
  test: integer({ default: 1000, atLeast: 1, atMost: 16_000_000 }),
} as const satisfies Fields;

const drawn = {
  /** Seeds what is generated, or which puzzles of a file are taken. */
  seed: integer({ default: 0 }),
  /** Rewrite every sampled training puzzle by a random symmetry, so that no two epochs are alike. */
  augment: flag({ default: true }),
} as const satisfies Fields;

/** Fields of a Sudoku generator. */
export const sudokuFields = {
  /** Source of the puzzles: generated Sudokus or mazes, CSV files of Sudokus, or official dataset folders. */
  kind: oneOf(["sudoku"]),
  ...box,
  /** "minimal": every clue is needed; "singles": naked and hidden singles suffice; "mixed": any. null is minimal, with clues mixed. */
  difficulty: orNull(oneOf(["minimal", "singles", "mixed"])),
  /** Clues of each puzzle; null leaves the number to the difficulty. A 9x9 puzzle in a newspaper has about 34. */
  clues: orNull(integer({ atLeast: 1 })),
  ...counts,
  ...drawn,
} as const satisfies Fields;

/** Fields of a maze generator. */
export const mazeFields = {
  kind: oneOf(["maze"]),
  /** Cells on a side. */
  size: integer({ default: 30, atLeast: 5, atMost: 1000 }),
  /** Share of the walls that are opened again, so that there are detours. */
  loops: number({ default: 0.1, atLeast: 0, atMost: 1 }),
  /** Fewest steps from start to goal; left out, 111 as in Maze-Hard, and in mazes below 19 cells their size. */
  minLength: integer({ default: 111, atLeast: 1 }),
  ...counts,
  ...drawn,
} as const satisfies Fields;

/** Fields of CSV files of Sudokus. */
export const csvFields = {
  kind: oneOf(["csv"]),
  /** CSV file of training puzzles. */
  train: text(),
  /** CSV file of held-out puzzles. */
  test: text(),
  ...box,
  /** Number of training puzzles to take, drawn by the seed; null takes all. */
  subsample: orNull(integer({ atLeast: 1 })),
  /** Leave out training puzzles with a lower rating; null takes all. */
  minRating: orNull(number()),
  ...drawn,
} as const satisfies Fields;

/** Fields of dataset folders in the official layout. */
export const folderFields = {
  kind: oneOf(["folder"]),
  /** Folders with a train split; several are mixed. */
  paths: list(text(), {
    official: "data_paths",
    rule: "name at least one folder",
    allows: (paths) => paths.length > 0,
  }),
  /** Folders with a test split; none means those of `paths`. */
  testPaths: list(text(), { default: [], official: { name: "data_paths_test", optional: true } }),
  /** Passes over the training data; sets training.totalSteps. null leaves that as it is. */
  epochs: orNull(integer({ atLeast: 1 }), { official: "epochs" }),
  /** Passes that are joined before a last partial batch is dropped. */
  epochsPerIteration: integer({ default: 1, atLeast: 1, official: "eval_interval" }),
} as const satisfies Fields;

/** Fields of evaluations during a run. */
export const evaluationFields = {
  /** Steps between evaluations; below 1, as a share of the run; 0 evaluates only at the end. [eval_interval] */
  every: interval({ default: 0.1 }), // as published: ten evaluations a run
  /** Weights to evaluate: "ema", "live", or both. */
  weights: list(oneOf(["live", "ema"]), {
    default: ["ema"],
    rule: "name at least one of live and ema",
    allows: (weights) => weights.length > 0,
  }),
  /** Puzzles evaluated at a time; null takes training.batchSize. */
  batchSize: orNull(integer({ atLeast: 1 })),
  /** Supervision steps per puzzle; null takes model.supervisionSteps. */
  supervisionSteps: orNull(integer({ atLeast: 1 })),
  /** Number of puzzles to evaluate, the first ones; null evaluates all. */
  limit: orNull(integer({ atLeast: 1 })),
} as const satisfies Fields;

/** Fields of checkpoints. */
export const checkpointFields = {
  /** Steps between checkpoints; below 1, as a share of the run; 0 saves only at the end. */
  every: interval({ default: 0.02 }),
  /** Number of checkpoints to keep, the last ones; above 1, the one with the best evaluation stays besides. */
  keep: integer({ default: 3, atLeast: 1 }),
} as const satisfies Fields;

/** Fields of the written metrics. */
export const metricsFields = {
  /** Tables for spreadsheets and data frames, or one JSON object a line. */
  format: oneOf(["csv", "jsonl"], { default: "csv" }),
  /** Steps between written rows. */
  every: integer({ default: 1, atLeast: 1 }),
  /** Write TensorBoard event files too. */
  tensorboard: flag({ default: false }),
} as const satisfies Fields;

/** Fields of `data` for each of its kinds. */
export const dataSections = {
  sudoku: sudokuFields,
  maze: mazeFields,
  csv: csvFields,
  folder: folderFields,
} as const satisfies Record<string, Fields>;

/** The kinds of data, by name. */
export const dataKinds = Object.keys(dataSections) as (keyof typeof dataSections)[];

/** Fields of the other sections. */
export const sections = {
  model: modelFields,
  training: trainingFields,
  evaluation: evaluationFields,
  checkpoints: checkpointFields,
  metrics: metricsFields,
} as const satisfies Record<string, Fields>;

/** A field of a configuration, such as `training.learningRate`. */
export interface ConfigField {
  readonly path: string;
  /** Its meaning, as help texts show it. */
  readonly doc: string;
  /** Its name in the official code, where that is another one. */
  readonly official?: string;
  /** Values it can take, where they can be listed. */
  readonly choices?: readonly string[];
  /** True if it takes a list. */
  readonly isList: boolean;
  /** The value of a field that is left out; the paper's, where the paper has one. */
  readonly default?: unknown;
}

/** Every field that a configuration can have; those of `data` for all its kinds. */
export function configFields(): ConfigField[] {
  const fields = new Map<string, ConfigField>();
  const add = (section: string, table: Fields) => {
    for (const [name, field] of Object.entries(table)) {
      const path = `${section}.${name}`;
      if (!fields.has(path)) fields.set(path, configField(path, field));
    }
  };
  for (const table of Object.values(dataSections)) add("data", table);
  for (const [name, table] of Object.entries(sections)) add(name, table);
  return [...fields.values()];
}

function configField(
  path: string,
  { choices, item, official, default: standard }: Field<unknown>,
): ConfigField {
  const officialName = official?.name.split(".").at(-1);
  return {
    path,
    doc: (meanings as Readonly<Record<string, string>>)[path],
    ...(officialName !== path.split(".").at(-1) && { official: officialName }),
    ...(choices && { choices: path === "data.kind" ? dataKinds : (choices as string[]) }),
    isList: item !== undefined,
    // Kinds of data differ in their defaults.
    ...(standard !== undefined && !path.startsWith("data.") && { default: standard }),
  };
}
