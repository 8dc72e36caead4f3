/** The rows of `npm run bench`: one for each combination of scale, mixer, precision and kind of step. */
import { type ModelConfig, paperModel } from "trm/model";
import { paperTraining, type TrainingConfig } from "trm/trainer";

/** Size of a model and its batch. */
export interface BenchScale {
  readonly name: string;
  readonly batchSize: number;
  readonly model: Omit<ModelConfig, "mixer" | "positions">;
  /** True if tfjs without `compile()` is measured too; it takes seconds a step at paper scale. */
  readonly eager: boolean;
  /** True if tfjs's WebAssembly backend is measured too, which suits small models only. */
  readonly wasm: boolean;
}

/** One line of the table. */
export interface BenchRow {
  readonly scale: BenchScale;
  readonly mixer: ModelConfig["mixer"];
  readonly precision: TrainingConfig["precision"];
  /** A training step, or a supervision step without learning. */
  readonly mode: "train" | "eval";
}

/** Sudoku of 9x9 cells as the paper trains it. */
const paperScale = {
  ...paperModel,
  vocabSize: 11,
  seqLen: 81,
  numPuzzleIdentifiers: 1,
  n: 6,
  T: 3,
} as const satisfies BenchScale["model"];

/** Small Sudokus need no puzzle embedding. */
const laptopScale = { ...paperScale, puzzleEmbSize: 0, puzzleEmbLen: 0, T: 2 } as const;

export const benchScales: readonly BenchScale[] = [
  { name: "paper-8", batchSize: 8, model: paperScale, eager: true, wasm: false },
  { name: "paper-32", batchSize: 32, model: paperScale, eager: false, wasm: false },
  {
    name: "6x6-128", // twice as wide as the preset sudoku-6x6, and deeper
    batchSize: 64,
    model: { ...laptopScale, vocabSize: 8, seqLen: 36, hiddenSize: 128, expansion: 2, n: 3, T: 3 },
    eager: true,
    wasm: false,
  },
  {
    name: "6x6-64", // the preset sudoku-6x6 and the comparisons in the notebooks
    batchSize: 64,
    model: { ...laptopScale, vocabSize: 8, seqLen: 36, hiddenSize: 64, widthMultiple: 32, n: 2 },
    eager: true,
    wasm: true,
  },
  {
    name: "4x4-64", // the preset sudoku-4x4
    batchSize: 64,
    model: { ...laptopScale, vocabSize: 6, seqLen: 16, hiddenSize: 64, n: 3 },
    eager: true,
    wasm: true,
  },
];

/** Every row. */
export const benchRows: readonly BenchRow[] = benchScales.flatMap((scale) =>
  (["mlp", "attention"] as const).flatMap((mixer) =>
    (["float32", "bfloat16"] as const).flatMap((precision) =>
      (["train", "eval"] as const).map((mode) => ({ scale, mixer, precision, mode })),
    ),
  ),
);

/** The rows of `--quick`: each scale once, as it is used. */
export const quickRows: readonly BenchRow[] = benchRows.filter(
  ({ scale, mixer, mode }) => scale.name !== "paper-32" && mixer === "mlp" && mode === "train",
);

/** `paper-8 mlp bfloat16 train`. */
export const rowName = ({ scale, mixer, precision, mode }: BenchRow): string =>
  [scale.name, mixer, precision, mode].join(" ");

/** The row of a name. @throws Error when there is none */
export function rowNamed(name: string): BenchRow {
  const row = benchRows.find((row) => rowName(row) === name);
  if (row === undefined) throw new Error(`there is no row "${name}" in the benchmark`);
  return row;
}

/**
 * The rows whose name has all the words of one of some patterns: `["paper-8 mlp", "4x4-64"]`.
 * @throws Error naming the pattern that no row fits
 */
export function rowsLike(patterns: readonly string[]): BenchRow[] {
  const fits = (row: BenchRow, pattern: string) => {
    const words = rowName(row).split(" ");
    return pattern.split(/\s+/).every((word) => words.some((known) => known.startsWith(word)));
  };
  const unknown = patterns.find((pattern) => !benchRows.some((row) => fits(row, pattern)));
  if (unknown !== undefined) {
    throw new Error(
      `no row fits "${unknown}"; names are made of ${[...new Set(benchRows.flatMap((row) => rowName(row).split(" ")))].join(", ")}`,
    );
  }
  return benchRows.filter((row) => patterns.some((pattern) => fits(row, pattern)));
}

/** The model of a row. */
export function rowModel({ scale, mixer }: BenchRow): ModelConfig {
  return { ...scale.model, mixer, positions: mixer === "attention" ? "rope" : "none" };
}

/** Training settings of a row: the paper's with its own batch and precision. */
export function rowTraining({ scale, precision }: BenchRow): TrainingConfig {
  return { ...paperTraining, batchSize: scale.batchSize, precision };
}
