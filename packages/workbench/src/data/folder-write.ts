import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import {
  checkDataset,
  type Dataset,
  exampleCount,
  type FolderExtras,
  groupCount,
  puzzleCount,
  type Tokens,
} from "trm/batches";
import {
  type ElementType,
  elementTypes,
  pythonJson,
  type TypedArray,
  writeFolderAtomic,
  writeNpy,
  writeNpyRows,
} from "../files";
import type { OfficialMetadata, Split, StoredDataset, StoredTokens } from "./folder";

/** The content of a dataset folder. */
export type FolderContent = Readonly<Partial<Record<Split, Dataset>>> & Partial<FolderExtras>;

/**
 * Refuses a path that holds something else than a dataset folder, of which nothing may be lost.
 * @throws Error naming the first file that no builder of datasets writes
 */
export function checkReplaceable(folder: string): void {
  if (!existsSync(folder)) return;
  const refuse = (reason: string) =>
    new Error(`${folder} is not a dataset folder (${reason}): nothing was replaced`);
  if (!statSync(folder).isDirectory()) throw refuse("it is a file");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) =>
    file.split(sep).join("/"),
  );
  const other = files.find(
    (file) =>
      !/^(train|test|identifiers\.json|test_puzzles\.json|(train|test)\/(dataset\.json|[\w.-]+\.npy))$/.test(
        file,
      ),
  );
  if (other !== undefined) throw refuse(`it holds ${other}`);
  if (!files.some((file) => /^(train|test)\/dataset\.json$/.test(file)))
    throw refuse("it holds no dataset.json");
}

/**
 * Writes an official dataset folder, which the official Python `PuzzleDataset` loads unchanged. The folder appears under
 * its name only when it is complete. Tokens are copied in blocks, so the datasets may be larger than memory.
 *
 * @param options.replace replace a dataset folder that exists; otherwise that is an error.
 * @param options.onProgress told how many of all tokens are written, inputs and labels of both splits counted.
 * @example
 * const { train, test } = sudokuTask({ box: [2, 2], train: 100, test: 10, seed: 1 });
 * writeDatasetFolder("data/sudoku-4x4", { train, test });
 */
export function writeDatasetFolder(
  folder: string,
  content: FolderContent,
  options: { replace?: boolean; onProgress?: (done: number, total: number) => void } = {},
): void {
  const total = [content.train, content.test].reduce(
    (sum, split) => sum + 2 * (split?.inputs.length ?? 0),
    0,
  );
  if (options.replace) checkReplaceable(folder);
  let done = 0;
  const written = (tokens: number) => {
    done += tokens;
    options.onProgress?.(done, total);
  };
  writeFolderAtomic(
    folder,
    (temporary) => {
      for (const split of ["train", "test"] as const) {
        const dataset = content[split];
        if (dataset) writeSplit(join(temporary, split), checkDataset(dataset), written);
      }
      writeFileSync(join(temporary, "identifiers.json"), pythonJson(content.identifiers ?? ["<blank>"]));
      if (content.testPuzzles) {
        writeFileSync(join(temporary, "test_puzzles.json"), pythonJson(content.testPuzzles));
      }
    },
    options,
  );
}

function writeSplit(folder: string, dataset: Dataset, written: (tokens: number) => void): void {
  mkdirSync(folder);
  const metadata = "metadata" in dataset ? (dataset as StoredDataset).metadata : metadataOf(dataset);
  // Python writes a float with its point, and files should be the same whoever wrote them.
  const mean = metadata.mean_puzzle_examples;
  const json = pythonJson({ ...metadata, sets: ["all"] });
  const text = Number.isInteger(mean) ? json.replace(/("mean_puzzle_examples": \d+)/, "$1.0") : json;
  writeFileSync(join(folder, "dataset.json"), text);

  const pathOf = (field: string) => join(folder, `all__${field}.npy`);
  const shape = [exampleCount(dataset), dataset.seqLen];
  for (const field of ["inputs", "labels"] as const) {
    const dtype = tokenType(dataset[field], dataset.vocabSize);
    writeNpyRows(pathOf(field), dtype, shape, blocks(dataset[field], dtype, dataset.seqLen, written));
  }
  const indices = {
    puzzle_identifiers: dataset.puzzleIdentifiers,
    puzzle_indices: dataset.puzzleIndices,
    group_indices: dataset.groupIndices,
  };
  for (const [field, data] of Object.entries(indices)) {
    writeNpy(pathOf(field), { dtype: "int32", shape: [data.length], data });
  }
}

function metadataOf(dataset: Dataset): OfficialMetadata {
  return {
    pad_id: dataset.padId,
    ignore_label_id: dataset.ignoreLabelId,
    blank_identifier_id: dataset.blankIdentifierId,
    vocab_size: dataset.vocabSize,
    seq_len: dataset.seqLen,
    num_puzzle_identifiers: dataset.numPuzzleIdentifiers,
    total_groups: groupCount(dataset),
    mean_puzzle_examples: exampleCount(dataset) / puzzleCount(dataset),
    total_puzzles: puzzleCount(dataset),
    sets: ["all"],
  };
}

/** A copied folder keeps its type; otherwise a byte per token where that is enough (int64 takes eight). */
function tokenType(tokens: Tokens, vocabSize: number): ElementType {
  if ("dtype" in tokens) return (tokens as StoredTokens).dtype;
  return vocabSize <= 256 ? "uint8" : "int32";
}

const rowsPerBlock = 4096;

function* blocks(
  tokens: Tokens,
  dtype: ElementType,
  seqLen: number,
  written: (tokens: number) => void,
): Generator<TypedArray> {
  const { array } = elementTypes[dtype];
  for (let begin = 0; begin < tokens.length; begin += rowsPerBlock * seqLen) {
    const block = tokens.subarray(begin, Math.min(begin + rowsPerBlock * seqLen, tokens.length));
    yield array === BigInt64Array || array === BigUint64Array
      ? array.from(Array.from(block, BigInt))
      : (array as typeof Int32Array).from(block);
    written(block.length);
  }
}
