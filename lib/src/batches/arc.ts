import {
  ARC_CORNER,
  ARC_MAX_SIDE,
  ARC_VOCAB_SIZE,
  type ArcAugmentation,
  type ArcPair,
  type ArcPlace,
  type ArcTask,
  applyArcAugmentation,
  arcName,
  arcRows,
  arcTokens,
  pairsHash,
  randomArcAugmentation,
  randomArcPlace,
} from "../puzzles";
import { createRandom, type Random } from "../random";
import { checkDataset, type Dataset, type Tokens } from "./dataset";

/**
 * Tries per augmentation before giving up on finding one that differs from all others
 * (`ARCAugmentRetriesFactor`).
 */
const TRIES = 5;

export interface ArcDatasetOptions {
  readonly seed: number | string;
  /** Augmented copies of each task. Default 1000. */
  readonly augmentations?: number;
  /** First puzzle identifier, above 1 when other datasets come first. Default 1; 0 is "<blank>". */
  readonly firstIdentifier?: number;
  /** Rows and columns of the canvas that grids are put on. Default 30, the largest grid of ARC. */
  readonly side?: number;
  /** Told how many tasks are done, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Tasks of one subset, and whether their test pairs are for training too or held out. */
export interface ArcSubset {
  readonly tasks: readonly ArcTask[];
  readonly heldOut: boolean;
}

/** The files that the official builders write beside the splits. */
export interface FolderExtras {
  /** `identifiers.json`: the name of each puzzle identifier; number 0 is "<blank>". */
  readonly identifiers: readonly string[];
  /** `test_puzzles.json` (ARC only): the tasks whose test outputs are to be predicted, as ARC writes them. */
  readonly testPuzzles?: Readonly<Record<string, TestPuzzle>>;
}

/** An ARC task: pairs of grids of colours 0 to 9. */
export interface TestPuzzle {
  test: { input: number[][]; output: number[][] }[];
  train: { input: number[][]; output: number[][] }[];
}

/** The result of {@link arcDatasets}, ready for `writeDatasetFolder`. */
export interface ArcDatasets extends FolderExtras {
  readonly train: Dataset;
  /** Held-out test pairs; absent when no subset is held out. */
  readonly test?: Dataset;
  readonly testPuzzles: Readonly<Record<string, TestPuzzle>>;
  /** Tasks that have so few different augmentations that some are missing. */
  readonly notFull: readonly string[];
}

/** One puzzle: a task as it is or augmented. */
interface Guise {
  readonly task: ArcTask;
  readonly augmentation: ArcAugmentation | null;
  readonly identifier: number;
}

/** One example; its tokens are made when they are asked for. */
interface PlacedPair {
  readonly pair: ArcPair;
  readonly augmentation: ArcAugmentation | null;
  readonly place: ArcPlace;
}

/**
 * Datasets of ARC tasks as the official `build_arc_dataset.py` makes them: a group per task, in it the task
 * and its augmentations, each with an identifier of its own; a puzzle's examples are the pairs of the task.
 * Training examples lie at random places of the canvas, but for one of each puzzle; test examples lie in the
 * corner.
 *
 * The order of tasks, the augmentations and the places are drawn from `seed`; NumPy draws others. Tokens are
 * made from the tasks when they are asked for, so that 1,000 augmentations of all tasks, some gigabytes, need
 * little memory.
 */
export function arcDatasets(subsets: readonly ArcSubset[], options: ArcDatasetOptions): ArcDatasets {
  const { augmentations = 1000, firstIdentifier = 1, side = ARC_MAX_SIDE } = options;
  const random = createRandom(options.seed).fork("arc");
  const train = exampleCollector(side);
  const test = exampleCollector(side);
  const identifiers = Array<string>(firstIdentifier).fill("<blank>");
  const known = new Map<string, number>();
  const testPuzzles: Record<string, TestPuzzle> = {};
  const notFull: string[] = [];
  const total = subsets.reduce((sum, { tasks }) => sum + tasks.length, 0);
  let done = 0;

  for (const { tasks, heldOut } of subsets) {
    for (const task of random.shuffle([...tasks])) {
      options.onProgress?.(done++, total);
      const guises = distinctGuises(task, augmentations, random).map((augmentation): Guise => {
        const name = arcName(task.id, augmentation);
        const identifier = known.get(name) ?? identifiers.push(name) - 1;
        known.set(name, identifier);
        return { task, augmentation, identifier };
      });
      if (guises.length < augmentations + 1) notFull.push(task.id);
      const answered = task.test.filter(({ output }) => output.cells.length > 0);
      train.group(guises, heldOut ? task.train : [...task.train, ...answered], random);
      if (!heldOut) continue;
      test.group(guises, task.test, null);
      testPuzzles[task.id] = { test: task.test.map(plainPair), train: task.train.map(plainPair) };
    }
  }
  options.onProgress?.(done, total);
  const numPuzzleIdentifiers = identifiers.length;
  return {
    train: train.dataset("arc train", numPuzzleIdentifiers),
    ...(subsets.some(({ heldOut }) => heldOut) && { test: test.dataset("arc test", numPuzzleIdentifiers) }),
    identifiers,
    testPuzzles,
    notFull,
  };
}

const plainPair = ({ input, output }: ArcPair) => ({ input: arcRows(input), output: arcRows(output) });

/** The task itself (null) and augmentations that make it look different from all before. */
function distinctGuises(task: ArcTask, count: number, random: Random): (ArcAugmentation | null)[] {
  const pairs = [...task.train, ...task.test];
  const guises: (ArcAugmentation | null)[] = [null];
  const seen = new Set([pairsHash(pairs)]);
  for (let attempt = 0; attempt < TRIES * count && guises.length < count + 1; attempt++) {
    const augmentation = randomArcAugmentation(random);
    const hash = pairsHash(
      pairs.map(({ input, output }) => ({
        input: applyArcAugmentation(input, augmentation),
        output: applyArcAugmentation(output, augmentation),
      })),
    );
    if (seen.has(hash)) continue;
    seen.add(hash);
    guises.push(augmentation);
  }
  return guises;
}

/** Collects the examples of one split. */
function exampleCollector(side: number) {
  const examples: PlacedPair[] = [];
  const puzzleIdentifiers: number[] = [];
  const puzzleIndices = [0];
  const groupIndices = [0];
  return {
    /** @param random Source of the positions; null for the corner. */
    group(guises: readonly Guise[], pairs: readonly ArcPair[], random: Random | null): void {
      for (const { augmentation, identifier } of guises) {
        const inCorner = random ? random.int(0, pairs.length) : 0;
        pairs.forEach((pair, i) => {
          const still = random === null || i === inCorner;
          const place = still ? ARC_CORNER : randomArcPlace(pair, augmentation?.transform ?? 0, random, side);
          examples.push({ pair, augmentation, place });
        });
        puzzleIdentifiers.push(identifier);
        puzzleIndices.push(examples.length);
      }
      groupIndices.push(puzzleIdentifiers.length);
    },
    dataset: (name: string, numPuzzleIdentifiers: number): Dataset =>
      checkDataset({
        name,
        seqLen: side * side,
        vocabSize: ARC_VOCAB_SIZE,
        padId: 0,
        ignoreLabelId: 0,
        blankIdentifierId: 0,
        numPuzzleIdentifiers,
        inputs: tokensOf(examples, "input", side),
        labels: tokensOf(examples, "output", side),
        puzzleIdentifiers: Int32Array.from(puzzleIdentifiers),
        puzzleIndices: Int32Array.from(puzzleIndices),
        groupIndices: Int32Array.from(groupIndices),
      }),
  };
}

/** The tokens of one side of all examples, made when they are asked for. */
function tokensOf(examples: readonly PlacedPair[], which: "input" | "output", side: number): Tokens {
  const seqLen = side * side;
  return {
    length: examples.length * seqLen,
    subarray(begin, end) {
      const first = Math.floor(begin / seqLen);
      const rows = examples.slice(first, Math.ceil(end / seqLen));
      const tokens = new Uint8Array(rows.length * seqLen);
      rows.forEach(({ pair, augmentation, place }, row) => {
        const grid = augmentation ? applyArcAugmentation(pair[which], augmentation) : pair[which];
        tokens.set(arcTokens(grid, place, side), row * seqLen);
      });
      return tokens.subarray(begin - first * seqLen, end - first * seqLen);
    },
  };
}
