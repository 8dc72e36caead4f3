import { join } from "node:path";
import { checkDataset, type Dataset, type MemoryDataset } from "trm/batches";
import { openDataset } from "../../src/data";

export const officialDatasets = join(__dirname, "../../../../lib/test/fixtures/official-datasets");

/** A small split written by the official builders, read into memory. */
export function officialDataset(name: "sudoku" | "maze" | "arc", split: "train" | "test"): MemoryDataset {
  const [{ metadata, close, ...stored }] = openDataset(join(officialDatasets, name), split);
  const inputs = Uint8Array.from(stored.inputs.subarray(0, stored.inputs.length));
  const labels = Uint8Array.from(stored.labels.subarray(0, stored.labels.length));
  close();
  return checkDataset({ ...stored, inputs, labels });
}

/** Input and label tokens of one example. */
export function exampleOf(dataset: Dataset, example: number): { inputs: Uint8Array; labels: Uint8Array } {
  const range = [example * dataset.seqLen, (example + 1) * dataset.seqLen] as const;
  return {
    inputs: Uint8Array.from(dataset.inputs.subarray(...range)),
    labels: Uint8Array.from(dataset.labels.subarray(...range)),
  };
}
