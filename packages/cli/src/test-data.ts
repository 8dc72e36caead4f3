import { existsSync, statSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { type Dataset, type FolderExtras, mazeDataset, sudokuDataset } from "trm/batches";
import { parseData, type RunConfigChanges } from "trm-workbench/config";
import {
  boxOfPuzzles,
  holdsMazes,
  isPuzzleFile,
  openDataset,
  readFolderExtras,
  readMazeCsv,
  type Split,
} from "trm-workbench/data";
import { openRunData, sampleSudokuCsv } from "trm-workbench/runs";
import { readConfig } from "./options";

/** Puzzles to evaluate on. */
export interface TestData {
  /** Their description. */
  readonly name: string;
  readonly datasets: readonly Dataset[];
  /** Difficulty of each example, where it is known. */
  readonly ratings?: Float64Array;
  /** The files that ARC's votes need, for ARC data. */
  readonly extras?: FolderExtras;
  close(): void;
}

/**
 * Opens a dataset folder, a file of Sudokus or mazes, or the held-out puzzles of a preset or configuration.
 * @throws Error that says what there is instead
 */
export async function openTestData(source: string | RunConfigChanges, split: Split): Promise<TestData> {
  if (typeof source !== "string") return openConfigured(source, "held-out puzzles of the run");
  if (isPuzzleFile(source)) return openPuzzles(source);
  if (existsSync(source) && statSync(source).isDirectory()) return openFolder(source, split);
  if (existsSync(source) && !/\.(json|ya?ml)$/i.test(source)) {
    throw new Error(
      `${source} is not a list of puzzles (.csv, .tsv, .txt, .sdk), a dataset folder or a configuration (.json, .yaml)`,
    );
  }
  return openConfigured(readConfig(source), `held-out puzzles of ${source}`);
}

async function openPuzzles(path: string): Promise<TestData> {
  if (await holdsMazes(path)) {
    const mazes = await readMazeCsv(path);
    const ratings = Float64Array.from(mazes, ({ length }) => length);
    return { name: path, datasets: [mazeDataset(mazes, { name: path })], ratings, close() {} };
  }
  const box = await boxOfPuzzles(path);
  const puzzles = await sampleSudokuCsv(path, { box, seed: 0 });
  return {
    name: path,
    datasets: [sudokuDataset(puzzles, { box, name: path })],
    ratings: Float64Array.from(puzzles, ({ rating }) => rating),
    close() {},
  };
}

function openFolder(folder: string, split: Split): TestData {
  const datasets = openDataset(folder, split);
  const isArc = split === "test" && existsSync(join(folder, "test_puzzles.json"));
  return {
    name: `${asTyped(folder)} (${split})`,
    datasets,
    ...(isArc && { extras: readFolderExtras(folder) }),
    close: () => {
      for (const dataset of datasets) dataset.close();
    },
  };
}

/** Runs keep full paths; what lies below the working folder is shorter without. */
function asTyped(path: string): string {
  const below = relative(process.cwd(), path);
  return below === "" || below.startsWith("..") || isAbsolute(below) ? path : below;
}

async function openConfigured(changes: RunConfigChanges, name: string): Promise<TestData> {
  const config = parseData(changes.data);
  if (config.kind === "folder") {
    const [folder, ...others] = config.testPaths.length > 0 ? config.testPaths : config.paths;
    // Votes belong to one folder, so several have to be evaluated one by one.
    if (others.length === 0) return openFolder(folder, "test");
  }
  const data = await openRunData(config);
  return {
    name,
    datasets: data.test,
    ...(data.ratings && { ratings: data.ratings }),
    close: () => data.close(),
  };
}

/** @throws Error when the puzzles have other cells than those that the model was trained on */
export function checkFits(model: { seqLen: number; vocabSize: number }, { name, datasets }: TestData): void {
  for (const { seqLen, vocabSize } of datasets) {
    if (seqLen !== model.seqLen || vocabSize > model.vocabSize) {
      throw new Error(
        `${name} has ${seqLen} cells of ${vocabSize} kinds, but the model was trained on ${model.seqLen} of ${model.vocabSize}`,
      );
    }
  }
}
