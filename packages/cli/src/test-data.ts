import { existsSync, statSync } from "node:fs";
import { extname, isAbsolute, join, relative } from "node:path";
import { type Dataset, type FolderExtras, sudokuDataset } from "trm/batches";
import { type Box, checkSudoku, parseGrid, sudokuBoxes } from "trm/puzzles";
import { parseData, type RunConfigChanges } from "trm-workbench/config";
import { openDataset, readFolderExtras, type Split, streamPuzzleRows } from "trm-workbench/data";
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
 * Opens a dataset folder, a CSV file of Sudokus, or the held-out puzzles of a preset or configuration.
 * @throws Error that says what there is instead
 */
export async function openTestData(source: string | RunConfigChanges, split: Split): Promise<TestData> {
  if (typeof source !== "string") return openConfigured(source, "held-out puzzles of the run");
  if (extname(source) === ".csv") return openCsv(source);
  if (existsSync(source) && statSync(source).isDirectory()) return openFolder(source, split);
  return openConfigured(readConfig(source), `held-out puzzles of ${source}`);
}

async function openCsv(path: string): Promise<TestData> {
  const box = await boxOfCsv(path);
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

/** Rows that are read to learn the box: each answer fits the right one, and nearly never another. */
const ROWS_FOR_BOX = 20;

/**
 * The box of the Sudokus in a CSV file: the one in which their answers keep the rules.
 * @throws Error naming the line of a question whose number of cells no Sudoku has
 */
export async function boxOfCsv(path: string): Promise<Box> {
  let boxes: readonly Box[] | undefined;
  let rows = 0;
  for await (const { question, answer, where } of streamPuzzleRows(path)) {
    boxes ??= sudokuBoxes(question.length);
    if (boxes.length === 0) throw new Error(`${where}: a Sudoku of ${question.length} cells is not known`);
    const fitting = boxes.filter(
      (box) => checkSudoku(parseGrid(answer, box, `${where}: column answer`), box).solved,
    );
    // A wrong answer is named when the puzzles are read.
    if (fitting.length === 0) return boxes[0];
    boxes = fitting;
    if (boxes.length === 1 || ++rows === ROWS_FOR_BOX) break;
  }
  if (boxes === undefined) throw new Error(`${path} has no puzzles`);
  return boxes[0];
}
