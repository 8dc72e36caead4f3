import {
  DIHEDRAL_COUNT,
  dihedral,
  distinct,
  formatMaze,
  type GenerationProgress,
  type MazeOptions,
  type MazePuzzle,
  mazeForm,
  mazeGenerator,
} from "../puzzles";
import { createRandom } from "../random";
import { type Dataset, datasetBuilder, type Rules, vocabSizeOf } from "./dataset";
import type { Augment } from "./sample";

/** Token of a cell: 0 is padding, then the charset `"# SGo"` (official `build_maze_dataset.py`). */
const TOKEN_OFFSET = 1;

export interface MazeDatasetOptions {
  readonly name: string;
  /**
   * Put all eight rotations and mirrorings of a maze into its group (`aug` of the official builder). Default
   * false.
   */
  readonly dihedral?: boolean;
}

/**
 * Mazes of one size in the official layout: `size * size` tokens, a group per maze. All share one puzzle
 * identifier, the blank one.
 *
 * @throws RangeError when there are no mazes, or their sizes differ.
 */
export function mazeDataset(mazes: readonly MazePuzzle[], options: MazeDatasetOptions): Dataset {
  const [first] = mazes;
  if (!first) throw new RangeError(`dataset "${options.name}" needs at least one maze`);
  const { size } = first;
  const copies = options.dihedral ? DIHEDRAL_COUNT : 1;
  const rules: Rules = { kind: "maze" };
  const builder = datasetBuilder(
    {
      name: options.name,
      seqLen: size * size,
      vocabSize: vocabSizeOf(rules),
      padId: 0,
      ignoreLabelId: 0,
      blankIdentifierId: 0,
      numPuzzleIdentifiers: 1,
      rules,
    },
    mazes.length * copies,
  );
  for (const maze of mazes) {
    const question = mazeTokens(maze.question);
    const answer = mazeTokens(maze.answer);
    for (let transform = 0; transform < copies; transform++) {
      builder.example(turned(question, size, transform), turned(answer, size, transform));
      builder.endPuzzle();
    }
    builder.endGroup();
  }
  return builder.build();
}

/** Tokens of a maze. */
export function mazeTokens(grid: ArrayLike<number>): Uint8Array {
  return Uint8Array.from({ length: grid.length }, (_, cell) => grid[cell] + TOKEN_OFFSET);
}

/** The maze of tokens. Padding becomes 255. No cell has this kind, so a checker rejects it. */
export function mazeCells(tokens: ArrayLike<number>): Uint8Array {
  return Uint8Array.from({ length: tokens.length }, (_, cell) => tokens[cell] - TOKEN_OFFSET);
}

/** A maze of tokens as text, a string for each row; `?` stands for a token that does not encode a cell, such as padding. */
export function mazeRows(tokens: ArrayLike<number>): string[] {
  const size = Math.sqrt(tokens.length);
  if (!Number.isInteger(size)) {
    throw new RangeError(`the maze has ${tokens.length} tokens, which is not a square`);
  }
  const cells = mazeCells(tokens);
  const symbols = Array.from(cells, (cell) => formatMaze(Uint8Array.of(cell)) || "?");
  return Array.from({ length: size }, (_, row) => symbols.slice(row * size, (row + 1) * size).join(""));
}

/** One of the eight rotations and reflections, drawn again for every sampled example. */
export function mazeAugment(size: number): Augment {
  return (inputs, labels, random) => {
    const transform = random.int(0, DIHEDRAL_COUNT);
    for (const tokens of [inputs, labels]) tokens.set(turned(new Uint8Array(tokens), size, transform));
  };
}

const turned = (cells: Uint8Array, size: number, transform: number): Uint8Array =>
  dihedral({ rows: size, columns: size, cells }, transform).cells;

/** Options of {@link mazeTask}. */
export interface MazeTaskOptions extends MazeOptions {
  /** Training mazes. */
  readonly train: number;
  /** Held-out mazes. */
  readonly test: number;
  readonly seed: number | string;
  readonly onProgress?: GenerationProgress;
}

/** Generated mazes, split for training and testing. */
export interface MazeTask {
  readonly size: number;
  readonly train: Dataset;
  readonly test: Dataset;
  readonly puzzles: { readonly train: readonly MazePuzzle[]; readonly test: readonly MazePuzzle[] };
  /** For {@link trainSampler}: turns and mirrors every training example on the fly. */
  readonly augment: Augment;
}

/**
 * Generates mazes and splits them; no test maze is a rotated or mirrored training maze.
 *
 * @example
 * const { train, test, augment } = mazeTask({ size: 11, train: 100, test: 20, seed: 1 });
 */
export function mazeTask({ train, test, seed, onProgress, ...options }: MazeTaskOptions): MazeTask {
  const { size } = options;
  const random = createRandom(seed).fork("maze");
  const all = distinct(mazeGenerator(options, random), train + test, mazeForm, onProgress);
  const puzzles = { train: all.slice(0, train), test: all.slice(train) };
  return {
    size,
    puzzles,
    train: mazeDataset(puzzles.train, { name: `maze ${size}x${size} train` }),
    test: mazeDataset(puzzles.test, { name: `maze ${size}x${size} test` }),
    augment: mazeAugment(size),
  };
}
