import { existsSync } from "node:fs";
import {
  type Augment,
  type Dataset,
  hasAnswers,
  mazeAugment,
  mazeDataset,
  mazeTask,
  sudokuAugment,
  sudokuDataset,
  sudokuTask,
} from "trm/batches";
import type { Box, SudokuPuzzle } from "trm/puzzles";
import { createRandom } from "trm/random";
import type { TrainingConfig } from "trm/trainer";
import type { DataConfig, DatasetFolders, RunConfig, SudokuFiles } from "../config/config";
import {
  digestOf,
  digestOfNames,
  holdsMazes,
  openDataset,
  readFolderExtras,
  readMazeCsv,
  type StoredDataset,
  streamSudokuCsv,
} from "../data";
import type { DataDigests } from "../official/about";

/** The data of a run, ready to sample from. */
export interface RunData {
  readonly train: readonly Dataset[];
  readonly test: readonly Dataset[];
  /** Rewrites every sampled training example, where the run wants that. */
  readonly augment?: Augment;
  readonly epochsPerIteration: number;
  /** Difficulty of each test example, where it is known. */
  readonly ratings?: Float64Array;
  /** Names of the puzzle identifiers, where the folder has any. */
  readonly identifiers?: readonly string[];
  /** Steps that `data.epochs` asks for. */
  totalSteps(batchSize: number): number | undefined;
  /** Closes files. */
  close(): void;
}

/**
 * Generates or opens what a configuration's `data` names.
 * @throws Error naming the file, or the field, that is wrong
 */
export async function openRunData(config: DataConfig): Promise<RunData> {
  switch (config.kind) {
    case "sudoku": {
      const { train, test, seed, difficulty, clues } = config;
      const task = sudokuTask({
        ...{ box: parseBox(config.box), train, test, seed },
        ...(difficulty && { difficulty }),
        ...(clues && { clues }),
      });
      return {
        ...inMemory(task.train, task.test, config.augment ? task.augment : undefined),
        ratings: ratingsOf(task.puzzles.test),
      };
    }
    case "maze": {
      const task = mazeTask(config);
      return {
        ...inMemory(task.train, task.test, config.augment ? task.augment : undefined),
        ratings: Float64Array.from(task.puzzles.test, ({ length }) => length),
      };
    }
    case "csv":
      return openSudokuFiles(config);
    case "folder":
      return openFolders(config);
  }
}

/** `2x3` -> [2, 3]. */
export function parseBox(text: string): Box {
  const [rows, columns] = text.split("x").map(Number);
  return [rows, columns];
}

function inMemory(train: Dataset, test: Dataset, augment: Augment | undefined): RunData {
  return {
    train: [train],
    test: [test],
    ...(augment && { augment }),
    epochsPerIteration: 1,
    totalSteps: () => undefined,
    close() {},
  };
}

const ratingsOf = (puzzles: readonly SudokuPuzzle[]): Float64Array =>
  Float64Array.from(puzzles, ({ rating }) => rating);

async function openSudokuFiles(config: SudokuFiles): Promise<RunData> {
  if (await holdsMazes(config.train)) return openMazeFiles(config);
  const box = parseBox(config.box);
  const puzzles = await sampleSudokuCsv(config.train, {
    box,
    ...(config.minRating !== null && { minRating: config.minRating }),
    ...(config.subsample !== null && { subsample: config.subsample }),
    seed: config.seed,
  });
  const test = await sampleSudokuCsv(config.test, { box, seed: config.seed });
  const dataset = (puzzles: readonly SudokuPuzzle[], name: string) => sudokuDataset(puzzles, { box, name });
  return {
    ...inMemory(
      dataset(puzzles, config.train),
      dataset(test, config.test),
      config.augment ? sudokuAugment(box) : undefined,
    ),
    ratings: ratingsOf(test),
  };
}

async function openMazeFiles({
  train,
  test,
  minRating,
  subsample,
  seed,
  augment,
}: SudokuFiles): Promise<RunData> {
  const all = await readMazeCsv(train);
  const rated = all.filter(({ length }) => length >= (minRating ?? 0));
  const order = createRandom(seed).fork("subsample").permutation(rated.length);
  const taken = subsample === null ? rated : Array.from(order.subarray(0, subsample), (i) => rated[i]);
  const held = await readMazeCsv(test);
  return {
    ...inMemory(
      mazeDataset(taken, { name: train }),
      mazeDataset(held, { name: test }),
      augment ? mazeAugment(held[0].size) : undefined,
    ),
    ratings: Float64Array.from(held, ({ length }) => length),
  };
}

/** Selection of the puzzles of a CSV file. */
export interface SudokuSample {
  readonly box: Box;
  /** Leave out puzzles with a lower rating. */
  readonly minRating?: number;
  /** Take so many, each as likely as any other; default all. */
  readonly subsample?: number;
  readonly seed: number;
}

/**
 * Reads a sample of a CSV file in one pass: of millions of puzzles only those taken are kept (reservoir sampling).
 * @throws Error naming the file when it has fewer puzzles than asked for
 */
export async function sampleSudokuCsv(path: string, options: SudokuSample): Promise<SudokuPuzzle[]> {
  const { box, minRating, subsample = Number.POSITIVE_INFINITY } = options;
  const random = createRandom(options.seed).fork("subsample");
  const taken: SudokuPuzzle[] = [];
  let seen = 0;
  for await (const puzzle of streamSudokuCsv(path, { box, ...(minRating !== undefined && { minRating }) })) {
    seen++;
    if (taken.length < subsample) taken.push(puzzle);
    else {
      const place = random.int(0, seen);
      if (place < subsample) taken[place] = puzzle;
    }
  }
  const rated = minRating === undefined ? "" : ` with a rating of at least ${minRating}`;
  if (seen === 0) throw new Error(`${path} has no puzzles${rated}`);
  if (Number.isFinite(subsample) && seen < subsample) {
    throw new Error(`${path} has only ${seen} puzzles${rated}, and ${subsample} were asked for`);
  }
  return taken;
}

function openFolders(config: DatasetFolders): RunData {
  const opened: StoredDataset[] = [];
  const open = (folders: readonly string[], split: "train" | "test") => {
    const missing = folders.find((folder) => !existsSync(folder));
    if (missing) {
      throw new Error(
        `${missing} does not exist: build it with "npm run trm -- data", or name another in data.paths`,
      );
    }
    const sets = folders.flatMap((folder) => openDataset(folder, split));
    opened.push(...sets);
    return sets;
  };
  const train = open(config.paths, "train");
  const test = open(config.testPaths.length > 0 ? config.testPaths : config.paths, "test");
  const { identifiers } = readFolderExtras(config.paths[0]);
  return {
    train,
    test: test.filter(hasAnswers),
    ...(identifiers.length > 1 && { identifiers }),
    epochsPerIteration: config.epochsPerIteration,
    // As pretrain.py counts: the metadata's mean, not what sampling will bring. Sets of one folder share their metadata.
    totalSteps(batchSize) {
      if (config.epochs === null) return undefined;
      const metadata = new Set(train.map((dataset) => dataset.metadata));
      const perEpoch = [...metadata].reduce((sum, m) => sum + m.total_groups * m.mean_puzzle_examples, 0);
      return Math.floor((config.epochs * perEpoch) / batchSize);
    },
    close: () => {
      for (const dataset of opened) dataset.close();
    },
  };
}

/** Digests of a run's data, as its checkpoints keep them. */
export const digestsOf = ({ train, test, identifiers }: RunData): DataDigests => ({
  train: digestOf(train),
  test: digestOf(test),
  ...(identifiers && { identifiers: digestOfNames(identifiers) }),
  ...(train[0].rules && { rules: train[0].rules }),
});

/** Training settings of a run, with `totalSteps` from `data.epochs` if that is given. */
export function trainingConfigFor(
  { training }: RunConfig,
  data: Pick<RunData, "totalSteps">,
): TrainingConfig {
  return { ...training, totalSteps: data.totalSteps(training.batchSize) ?? training.totalSteps };
}

/** The model of a run: its settings, and what its data decides. */
export function modelConfigFor(config: RunConfig, data: Pick<RunData, "train" | "test">) {
  const all = [...data.train, ...data.test];
  return {
    ...config.model,
    vocabSize: Math.max(...all.map(({ vocabSize }) => vocabSize)),
    seqLen: all[0].seqLen,
    numPuzzleIdentifiers: Math.max(...all.map(({ numPuzzleIdentifiers }) => numPuzzleIdentifiers)),
  };
}
