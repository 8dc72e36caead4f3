import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkDataset, type Dataset } from "../../src/batches";
import { readNpy } from "../../src/files";

export const officialDatasets = join(__dirname, "..", "fixtures", "official-datasets");

/** The training or test split of a small official dataset folder. */
export function officialDataset(name: "sudoku" | "maze" | "arc", split: "train" | "test"): Dataset {
  const folder = join(officialDatasets, name, split);
  const array = (field: string): ArrayLike<number> => {
    const { data } = readNpy(join(folder, `all__${field}.npy`));
    return Array.from(data as ArrayLike<number | bigint>, Number);
  };
  const facts = JSON.parse(readFileSync(join(folder, "dataset.json"), "utf8"));
  return checkDataset({
    name: `official ${name} ${split}`,
    seqLen: facts.seq_len,
    vocabSize: facts.vocab_size,
    padId: facts.pad_id,
    ignoreLabelId: facts.ignore_label_id,
    blankIdentifierId: facts.blank_identifier_id,
    numPuzzleIdentifiers: facts.num_puzzle_identifiers,
    inputs: Uint8Array.from(array("inputs")),
    labels: Uint8Array.from(array("labels")),
    puzzleIdentifiers: Int32Array.from(array("puzzle_identifiers")),
    puzzleIndices: Int32Array.from(array("puzzle_indices")),
    groupIndices: Int32Array.from(array("group_indices")),
  });
}

/** Input and label tokens of one example. */
export function exampleOf(dataset: Dataset, example: number): { inputs: Uint8Array; labels: Uint8Array } {
  const range = [example * dataset.seqLen, (example + 1) * dataset.seqLen] as const;
  return {
    inputs: Uint8Array.from(dataset.inputs.subarray(...range)),
    labels: Uint8Array.from(dataset.labels.subarray(...range)),
  };
}
