import {
  type Box,
  distinct,
  type GenerationProgress,
  geometry,
  randomSymmetry,
  type SudokuGeneratorOptions,
  type SudokuPuzzle,
  type SudokuSymmetry,
  sudokuForm,
  sudokuGenerator,
} from "../puzzles";
import { createRandom, type Random } from "../random";
import { type Dataset, datasetBuilder, type Rules, vocabSizeOf } from "./dataset";
import type { Augment } from "./sample";

/** Token of a digit: 0 is padding, 1 a blank, 2 the digit 1 (official `build_sudoku_dataset.py`). */
const TOKEN_OFFSET = 1;

export interface SudokuDatasetOptions {
  readonly box: Box;
  readonly name: string;
  /** Augmented copies of each puzzle, in one group with it. Default 0. */
  readonly augmentations?: number;
  /** The source of the augmentations. Required if there are any. */
  readonly random?: Random;
  /** Told after each puzzle how many are done. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Puzzles in the official layout: `side * side` tokens, a group per puzzle, in it first the puzzle itself and
 * then its augmentations. All share one puzzle identifier, the blank one.
 */
export function sudokuDataset(puzzles: readonly SudokuPuzzle[], options: SudokuDatasetOptions): Dataset {
  const { box, name, augmentations = 0, random } = options;
  const rules: Rules = { kind: "sudoku", box };
  if (augmentations > 0 && !random) throw new TypeError("sudokuDataset: augmentations need `random`");
  const { cells } = geometry(box);
  const facts = { name, seqLen: cells, vocabSize: vocabSizeOf(rules), padId: 0, ignoreLabelId: 0 };
  const builder = datasetBuilder(
    { ...facts, blankIdentifierId: 0, numPuzzleIdentifiers: 1, rules },
    puzzles.length * (1 + augmentations),
  );
  for (const [done, { puzzle, solution }] of puzzles.entries()) {
    const inputs = sudokuTokens(puzzle);
    const labels = sudokuTokens(solution);
    builder.example(inputs, labels);
    builder.endPuzzle();
    for (let copy = 0; random && copy < augmentations; copy++) {
      const symmetry = randomSymmetry(box, random);
      builder.example(changedTokens(inputs, symmetry), changedTokens(labels, symmetry));
      builder.endPuzzle();
    }
    builder.endGroup();
    options.onProgress?.(done + 1);
  }
  return builder.build();
}

/** Tokens of a grid. */
export function sudokuTokens(grid: ArrayLike<number>): Uint8Array {
  const tokens = new Uint8Array(grid.length);
  for (let cell = 0; cell < grid.length; cell++) tokens[cell] = grid[cell] + TOKEN_OFFSET;
  return tokens;
}

/** Digits of tokens; padding, which no Sudoku contains, becomes a blank. */
export function sudokuDigits(tokens: ArrayLike<number>): Uint8Array {
  const digits = new Uint8Array(tokens.length);
  for (let cell = 0; cell < tokens.length; cell++) digits[cell] = Math.max(0, tokens[cell] - TOKEN_OFFSET);
  return digits;
}

/** The official augmentation, drawn again for every sampled example: no two epochs are alike. */
export function sudokuAugment(box: Box): Augment {
  return (inputs, labels, random) => {
    const symmetry = randomSymmetry(box, random);
    inputs.set(changedTokens(inputs, symmetry));
    labels.set(changedTokens(labels, symmetry));
  };
}

function changedTokens(tokens: Uint8Array | Int32Array, { cells, digits }: SudokuSymmetry): Uint8Array {
  const changed = new Uint8Array(cells.length);
  for (let cell = 0; cell < cells.length; cell++) {
    changed[cell] = digits[tokens[cells[cell]] - TOKEN_OFFSET] + TOKEN_OFFSET;
  }
  return changed;
}

/** Options of {@link sudokuTask}. */
export interface SudokuTaskOptions extends SudokuGeneratorOptions {
  readonly box: Box;
  /** Training puzzles. */
  readonly train: number;
  /** Held-out puzzles. */
  readonly test: number;
  readonly seed: number | string;
  readonly onProgress?: GenerationProgress;
  /** Augmented copies of each training puzzle made beforehand. Default 0, for use with `augment`. */
  readonly augmentations?: number;
}

/** Generated Sudokus, split for training and testing. */
export interface SudokuTask {
  readonly box: Box;
  readonly train: Dataset;
  readonly test: Dataset;
  readonly puzzles: { readonly train: readonly SudokuPuzzle[]; readonly test: readonly SudokuPuzzle[] };
  /** For {@link trainSampler}: augments every training example on the fly. */
  readonly augment: Augment;
}

/**
 * Generates puzzles, minimal ones by default, and splits them; no test puzzle is a symmetric form of a training
 * puzzle (4x4: none equals one). 1,500 minimal 6x6 puzzles take about half a second, 1,500 9x9 puzzles about four.
 *
 * @example
 * const task = sudokuTask({ box: [2, 3], train: 100, test: 50, seed: 1 });
 * const sampler = trainSampler(task.train, { batchSize: 64, seed: 1, augment: task.augment });
 */
export function sudokuTask(options: SudokuTaskOptions): SudokuTask {
  const { box, train, test, seed, augmentations = 0, difficulty, clues, ratings, onProgress } = options;
  const random = createRandom(seed).fork("sudoku");
  const next = sudokuGenerator(box, random.fork("puzzles"), { difficulty, clues, ratings });
  const all = distinct(next, train + test, (puzzle) => sudokuForm(puzzle, box), onProgress);
  const puzzles = { train: all.slice(0, train), test: all.slice(train) };
  const side = box[0] * box[1];
  return {
    box,
    puzzles,
    train: sudokuDataset(puzzles.train, {
      box,
      name: `sudoku ${side}x${side} train`,
      augmentations,
      random: random.fork("augmentations"),
    }),
    test: sudokuDataset(puzzles.test, { box, name: `sudoku ${side}x${side} test` }),
    augment: sudokuAugment(box),
  };
}
