import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import {
  checkDataset,
  type Dataset,
  exampleCount,
  type FolderExtras,
  groupCount,
  puzzleCount,
  rulesOf,
  type TestPuzzle,
  type Tokens,
} from "trm/batches";
import { z } from "zod";
import { type ElementType, type NpyRows, openNpy, readJsonFile, readNpy, toInt32 } from "../files";

/** The two halves of an official dataset folder. */
export type Split = "train" | "test";

const count = z.int().min(0);
const name = z.string().regex(/^\w[\w.-]*$/, "must be a name without path separators");

/** `dataset.json` of a split (`PuzzleDatasetMetadata` in the official `dataset/common.py`). */
export interface OfficialMetadata {
  pad_id: number;
  ignore_label_id: number | null;
  blank_identifier_id: number;
  vocab_size: number;
  seq_len: number;
  num_puzzle_identifiers: number;
  total_groups: number;
  mean_puzzle_examples: number;
  /** The official Sudoku builder writes the number of groups here, so nothing relies on it. */
  total_puzzles: number;
  sets: string[];
}

/** HRM's builders do not write the number of puzzles; what can be counted may be left out. */
const metadataSchema = z.object({
  pad_id: count,
  ignore_label_id: z.int().nullable(),
  blank_identifier_id: count,
  vocab_size: z.int().min(1),
  seq_len: z.int().min(1),
  num_puzzle_identifiers: z.int().min(1),
  total_groups: count.optional(),
  mean_puzzle_examples: z.number().min(0).optional(),
  total_puzzles: count.optional(),
  sets: z.array(name).min(1).default(["all"]),
});
type ReadMetadata = z.infer<typeof metadataSchema>;

/** Tokens in a `.npy` file, read row by row. */
export interface StoredTokens extends Tokens {
  readonly dtype: ElementType;
}

/** One set of a split of an official folder. Its tokens stay on disk, its indices are in memory. */
export interface StoredDataset extends Dataset {
  readonly inputs: StoredTokens;
  readonly labels: StoredTokens;
  readonly metadata: OfficialMetadata;
  /** Closes the files. */
  close(): void;
}

/**
 * Opens a split of an official dataset folder (`puzzle_dataset.py`): `SPLIT/dataset.json` and, for each set in it,
 * `SPLIT/SET__{inputs,labels,puzzle_identifiers,puzzle_indices,group_indices}.npy`. Memory use is that of the indices:
 * tokens are read when a batch needs them.
 *
 * @returns one dataset per set; nearly always it is one, "all". Samplers take the list as it is.
 * @throws Error naming the file and the field that is missing, damaged or does not fit the others.
 * @example
 * writeDatasetFolder("data/mazes", mazeTask({ size: 11, train: 100, test: 20, seed: 1 }));
 * const sampler = trainSampler(openDataset("data/mazes", "train"), { batchSize: 64, seed: 0 });
 */
export function openDataset(folder: string, split: Split): StoredDataset[] {
  const file = join(folder, split, "dataset.json");
  if (!existsSync(file)) {
    throw new Error(`${file} does not exist, so ${folder} is not a dataset folder with a ${split} split`);
  }
  const metadata = readJsonFile(file, metadataSchema);
  if (new Set(metadata.sets).size < metadata.sets.length)
    throw new Error(`${file}, field sets: a set is there twice`);
  const files: NpyRows[] = [];
  try {
    const unanswered = split === "test" && hasNoAnswers(folder);
    const opened = metadata.sets.map((set) => openSet(folder, split, set, metadata, files, unanswered));
    const sum = (count: (dataset: Dataset) => number) => opened.reduce((sum, set) => sum + count(set), 0);
    const [groups, puzzles] = [sum(groupCount), sum(puzzleCount)];
    const { total_groups = groups } = metadata;
    if (groups !== total_groups) {
      throw new Error(`${file}, field total_groups: it says ${total_groups}, but the files have ${groups}`);
    }
    const counted: OfficialMetadata = {
      ...metadata,
      total_groups,
      mean_puzzle_examples: metadata.mean_puzzle_examples ?? sum(exampleCount) / puzzles,
      total_puzzles: metadata.total_puzzles ?? puzzles,
    };
    return opened.map((dataset) => ({ ...dataset, metadata: counted }));
  } catch (error) {
    for (const opened of files) opened.close();
    throw error;
  }
}

function openSet(
  folder: string,
  split: Split,
  set: string,
  metadata: ReadMetadata,
  files: NpyRows[],
  unanswered: boolean,
): Omit<StoredDataset, "metadata"> {
  const pathOf = (field: string) => join(folder, split, `${set}__${field}.npy`);
  const indices = (field: string): Int32Array => {
    const array = readNpy(pathOf(field));
    if (array.shape.length !== 1) throw new Error(`${pathOf(field)}: it must have one dimension`);
    return inFile(pathOf(field), () => toInt32(array));
  };
  const tokens = (field: string): StoredTokens => {
    const file = openNpy(pathOf(field));
    files.push(file);
    return storedTokens(file, metadata);
  };
  const opened = files.length;
  const inputs = tokens("inputs");
  const hasLabels = !unanswered && existsSync(pathOf("labels"));
  if (!hasLabels && split === "train") {
    throw new Error(`${pathOf("labels")} does not exist: without answers there is nothing to learn`);
  }
  const ignoreLabelId = hasLabels ? metadata.ignore_label_id : metadata.pad_id;
  const dataset = {
    name: [basename(resolve(folder)), split, ...(set === "all" ? [] : [set])].join(" "),
    seqLen: metadata.seq_len,
    vocabSize: metadata.vocab_size,
    padId: metadata.pad_id,
    ignoreLabelId,
    blankIdentifierId: metadata.blank_identifier_id,
    numPuzzleIdentifiers: metadata.num_puzzle_identifiers,
    inputs,
    labels: hasLabels ? tokens("labels") : unknownTokens(inputs, metadata.pad_id),
    puzzleIdentifiers: indices("puzzle_identifiers"),
    puzzleIndices: indices("puzzle_indices"),
    groupIndices: indices("group_indices"),
    close: () => {
      for (const file of files.slice(opened, opened + (hasLabels ? 2 : 1))) file.close();
    },
  };
  return inFile(pathOf("*"), () => {
    const rules = hasLabels ? rulesOf(checkDataset(dataset)) : undefined;
    return rules ? { ...dataset, rules } : checkDataset(dataset);
  });
}

/** Labels of examples without answers: all of them ignored. */
const unknownTokens = ({ dtype, length }: StoredTokens, ignored: number): StoredTokens => ({
  dtype,
  length,
  subarray: (begin, end) => new Uint8Array(Math.min(end, length) - begin).fill(ignored),
});

/** True for ARC tasks of which no answer is known; the official builder then writes one black cell for each. */
function hasNoAnswers(folder: string): boolean {
  const { testPuzzles } = readFolderExtras(folder);
  if (!testPuzzles) return false;
  const outputs = Object.values(testPuzzles).flatMap(({ test }) => test.map(({ output }) => output));
  return outputs.every((output) => isUnknown(output) || JSON.stringify(output) === "[[0]]");
}

/** True for the output of an ARC pair that nobody has told. */
export const isUnknown = (output: readonly unknown[]): boolean => output.length === 0;

function storedTokens(file: NpyRows, { seq_len, vocab_size }: ReadMetadata): StoredTokens {
  const { name: path, dtype, shape, rowLength } = file;
  if (shape.length !== 2 || rowLength !== seq_len) {
    throw new Error(`${path}: its shape is (${shape}), but dataset.json says that seq_len is ${seq_len}`);
  }
  if (dtype.startsWith("float"))
    throw new Error(`${path}: it holds ${dtype}, and tokens are whole numbers: save a.astype("int32")`);
  const subarray = (begin: number, end: number): ArrayLike<number> => {
    const firstRow = Math.floor(begin / rowLength);
    const data = file.read(firstRow, Math.ceil(end / rowLength));
    const rows = data instanceof Uint8Array ? data : inFile(path, () => toInt32({ dtype, shape, data }));
    const wrong = rows.findIndex((token: number) => token < 0 || token >= vocab_size);
    if (wrong >= 0) {
      const row = firstRow + Math.floor(wrong / rowLength);
      throw new Error(
        `${path}: row ${row} has the token ${rows[wrong]}, but dataset.json says vocab_size ${vocab_size}`,
      );
    }
    return rows.subarray(begin - firstRow * rowLength, end - firstRow * rowLength);
  };
  return { dtype, length: shape[0] * rowLength, subarray };
}

/** Puts the file's name before an error that does not know it. */
function inFile<R>(path: string, use: () => R): R {
  try {
    return use();
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
}

const grid = z.array(z.array(z.int().min(0).max(9)));
const pairs = z.array(z.object({ input: grid, output: grid }));
// In the order of the public ARC files, which the official builder copies.
const testPuzzleSchema: z.ZodType<TestPuzzle> = z.object({ test: pairs, train: pairs });

/**
 * Reads the names beside the splits of an official dataset folder.
 * @throws Error naming the file and the field that is damaged; a folder without the files has only "<blank>".
 */
export function readFolderExtras(folder: string): FolderExtras {
  const identifiers = join(folder, "identifiers.json");
  const testPuzzles = join(folder, "test_puzzles.json");
  return {
    identifiers: existsSync(identifiers) ? readJsonFile(identifiers, z.array(z.string())) : ["<blank>"],
    ...(existsSync(testPuzzles) && {
      testPuzzles: readJsonFile(testPuzzles, z.record(z.string(), testPuzzleSchema)),
    }),
  };
}
