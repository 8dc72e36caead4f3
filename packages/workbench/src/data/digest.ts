import { createHash } from "node:crypto";
import { type Dataset, exampleAt, exampleCount } from "trm/batches";

/** Examples that are looked at, evenly spread: a folder may hold gigabytes. */
const LOOKED_AT = 4096;

/** 16 hexadecimal digits that equal datasets share: of their sizes, their indices, and up to 4,096 of their examples. */
export function digestOf(datasets: readonly Dataset[]): string {
  const hash = createHash("sha256");
  for (const dataset of datasets) {
    const { seqLen, vocabSize, puzzleIdentifiers, puzzleIndices, groupIndices } = dataset;
    const examples = exampleCount(dataset);
    hash.update(JSON.stringify([seqLen, vocabSize, examples]));
    for (const indices of [puzzleIdentifiers, puzzleIndices, groupIndices]) hash.update(indices);
    const step = Math.max(1, Math.ceil(examples / LOOKED_AT));
    for (let example = 0; example < examples; example += step) {
      const { inputs, labels } = exampleAt(dataset, example);
      hash.update(Int32Array.from(inputs)).update(Int32Array.from(labels));
    }
  }
  return hash.digest("hex").slice(0, 16);
}

/** The same for names, such as those of ARC's tasks and their augmentations. */
export function digestOfNames(names: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(names)).digest("hex").slice(0, 16);
}
