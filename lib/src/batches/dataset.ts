import type { Box } from "../puzzles";

/** Labels with this value take no part in loss or accuracy (`IGNORE_LABEL_ID` of the official `models/losses.py`). */
export const IGNORED_LABEL = -100;

/** Tokens of all examples, one after the other: a typed array, or a file that is read row by row. */
export interface Tokens {
  readonly length: number;
  /** The tokens from `begin` up to `end`. */
  subarray(begin: number, end: number): ArrayLike<number>;
}

/** The rules of a kind of puzzle. Where a puzzle has several answers that keep them, each is right, not only its label. */
export type Rules = { readonly kind: "sudoku"; readonly box: Box } | { readonly kind: "maze" };

/**
 * Different tokens of puzzles with these rules: padding, then the kinds of a cell (official `build_sudoku_dataset.py`, `build_maze_dataset.py`).
 * @example vocabSizeOf({ kind: "sudoku", box: [3, 3] }); // 11
 */
export const vocabSizeOf = (rules: Rules): number =>
  rules.kind === "maze" ? 6 : rules.box[0] * rules.box[1] + 2;

/**
 * Examples in the layout of the official dataset folder. A *group* holds the *puzzles* that are one puzzle in several
 * guises (its augmentations); a puzzle holds one or more *examples* (one for Sudoku and mazes, several for ARC).
 */
export interface Dataset {
  readonly name: string;
  /** Tokens per example. */
  readonly seqLen: number;
  /** Tokens are `0 … vocabSize-1`. */
  readonly vocabSize: number;
  readonly padId: number;
  /** Label token that is left out of loss and accuracy; null when every label counts. */
  readonly ignoreLabelId: number | null;
  /** Puzzle identifier of padding rows and of puzzles without an identity of their own. */
  readonly blankIdentifierId: number;
  readonly numPuzzleIdentifiers: number;
  /** Tokens `[examples * seqLen]`. */
  readonly inputs: Tokens;
  /** Tokens `[examples * seqLen]`. */
  readonly labels: Tokens;
  /** Puzzle -> identifier. */
  readonly puzzleIdentifiers: Int32Array;
  /** Puzzle -> its first example, with the number of examples at the end. */
  readonly puzzleIndices: Int32Array;
  /** Group -> its first puzzle, with the number of puzzles at the end. */
  readonly groupIndices: Int32Array;
  /** The rules that judge answers; without them an answer is right when it equals its label. */
  readonly rules?: Rules;
}

/** A dataset whose tokens are all in memory. */
export interface MemoryDataset extends Dataset {
  readonly inputs: Uint8Array | Int32Array;
  readonly labels: Uint8Array | Int32Array;
}

/** The input of one training or evaluation step. */
export interface Batch {
  /** Rows, padding included. */
  readonly size: number;
  readonly seqLen: number;
  /** Tokens `[size * seqLen]`. */
  readonly inputs: Int32Array;
  /** Tokens `[size * seqLen]`; {@link IGNORED_LABEL} where nothing is asked. */
  readonly labels: Int32Array;
  /** `[size]` */
  readonly puzzleIdentifiers: Int32Array;
  /** Real rows; the rest is padding. */
  readonly count: number;
  /** The rules of the dataset. */
  readonly rules?: Rules;
}

/** Examples of a dataset, augmented copies included. */
export const exampleCount = (dataset: Dataset): number => dataset.inputs.length / dataset.seqLen;
/** Puzzles of a dataset; an augmented copy is a puzzle of its own. */
export const puzzleCount = (dataset: Dataset): number => dataset.puzzleIdentifiers.length;
/** Groups of a dataset: a puzzle and its augmented copies. */
export const groupCount = (dataset: Dataset): number => dataset.groupIndices.length - 1;

/** Tokens of one example, counted from 0. */
export function exampleAt({ inputs, labels, seqLen }: Dataset, index: number) {
  const [begin, end] = [index * seqLen, (index + 1) * seqLen];
  return { inputs: inputs.subarray(begin, end), labels: labels.subarray(begin, end) };
}

/** True if any example has a label that counts. */
export function hasAnswers(dataset: Dataset): boolean {
  for (let example = 0; example < exampleCount(dataset); example++) {
    const { labels } = exampleAt(dataset, example);
    for (let i = 0; i < labels.length; i++) if (labels[i] !== dataset.ignoreLabelId) return true;
  }
  return false;
}

/** The facts of a dataset that are not its examples. */
export type DatasetMetadata = Pick<
  Dataset,
  | "name"
  | "seqLen"
  | "vocabSize"
  | "padId"
  | "ignoreLabelId"
  | "blankIdentifierId"
  | "numPuzzleIdentifiers"
  | "rules"
>;

/** Collects examples one after the other and makes the index arrays of a {@link Dataset}. */
export interface DatasetBuilder {
  /** Adds one example, `seqLen` tokens each. */
  example(inputs: ArrayLike<number>, labels: ArrayLike<number>): void;
  /** Closes the puzzle that the examples since the last call belong to. */
  endPuzzle(identifier?: number): void;
  /** Closes the group that the puzzles since the last call belong to. */
  endGroup(): void;
  build(): MemoryDataset;
}

/**
 * Collects examples in the official layout: example by example, puzzle by puzzle, group by group.
 *
 * @param capacity examples to reserve memory for; more may be added
 */
export function datasetBuilder(facts: DatasetMetadata, capacity = 64): DatasetBuilder {
  const { seqLen } = facts;
  let inputs = new Uint8Array(capacity * seqLen);
  let labels = new Uint8Array(capacity * seqLen);
  let examples = 0;
  const identifiers: number[] = [];
  const puzzleIndices = [0];
  const groupIndices = [0];

  return {
    example(exampleInputs, exampleLabels) {
      if (exampleInputs.length !== seqLen || exampleLabels.length !== seqLen) {
        throw new RangeError(
          `an example of dataset "${facts.name}" has ${seqLen} tokens, ` +
            `got ${exampleInputs.length} inputs and ${exampleLabels.length} labels`,
        );
      }
      if ((examples + 1) * seqLen > inputs.length) {
        inputs = grown(inputs);
        labels = grown(labels);
      }
      inputs.set(exampleInputs, examples * seqLen);
      labels.set(exampleLabels, examples * seqLen);
      examples++;
    },
    endPuzzle(identifier = facts.blankIdentifierId) {
      identifiers.push(identifier);
      puzzleIndices.push(examples);
    },
    endGroup() {
      groupIndices.push(identifiers.length);
    },
    build: () =>
      checkDataset({
        ...facts,
        inputs: inputs.slice(0, examples * seqLen),
        labels: labels.slice(0, examples * seqLen),
        puzzleIdentifiers: Int32Array.from(identifiers),
        puzzleIndices: Int32Array.from(puzzleIndices),
        groupIndices: Int32Array.from(groupIndices),
      }),
  };
}

function grown(tokens: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(2 * tokens.length, 1024));
  larger.set(tokens);
  return larger;
}

/**
 * Returns the dataset if its arrays agree with each other, so that nothing downstream can index outside of them.
 * Tokens that stay in a file are only counted here.
 *
 * @throws RangeError naming the field that is wrong.
 */
export function checkDataset<D extends Dataset>(dataset: D): D {
  const fail = (field: string, problem: string): never => {
    throw new RangeError(`dataset "${dataset.name}": ${field} ${problem}`);
  };
  const { seqLen, vocabSize, inputs, labels, puzzleIdentifiers, puzzleIndices, groupIndices } = dataset;
  if (!(Number.isInteger(seqLen) && seqLen > 0)) fail("seqLen", `must be a positive integer, is ${seqLen}`);
  if (inputs.length % seqLen !== 0)
    fail("inputs", `holds ${inputs.length} tokens, no multiple of seqLen ${seqLen}`);
  if (labels.length !== inputs.length)
    fail("labels", `holds ${labels.length} tokens, inputs ${inputs.length}`);
  checkIndices("puzzleIndices", puzzleIndices, puzzleIdentifiers.length, inputs.length / seqLen, fail);
  checkIndices("groupIndices", groupIndices, groupIndices.length - 1, puzzleIdentifiers.length, fail);
  checkRange("puzzleIdentifiers", puzzleIdentifiers, dataset.numPuzzleIdentifiers, fail);
  checkRange("inputs", inputs, vocabSize, fail);
  checkRange("labels", labels, vocabSize, fail);
  return dataset;
}

type Fail = (field: string, problem: string) => never;

function checkIndices(field: string, indices: Int32Array, items: number, end: number, fail: Fail): void {
  if (indices.length !== items + 1) fail(field, `must have ${items + 1} entries, has ${indices.length}`);
  if (indices[0] !== 0) fail(field, `must start with 0, starts with ${indices[0]}`);
  if (indices[items] !== end) fail(field, `must end with ${end}, ends with ${indices[items]}`);
  for (let i = 0; i < items; i++) {
    if (indices[i + 1] <= indices[i])
      fail(field, `must increase, entry ${i + 1} is ${indices[i + 1]} after ${indices[i]}`);
  }
}

function checkRange(field: string, values: Tokens, limit: number, fail: Fail): void {
  // Rows of a file are checked when they are read: a look at all of them would read all of it.
  if (!(values instanceof Uint8Array || values instanceof Int32Array)) return;
  const wrong = values.findIndex((value: number) => value < 0 || value >= limit);
  if (wrong >= 0)
    fail(field, `entry ${wrong} is ${values[wrong]}, must be at least 0 and less than ${limit}`);
}
