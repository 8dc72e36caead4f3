import {
  type Box,
  cellName,
  checkSudoku,
  formatGrid,
  parseGrid,
  sudokuBoxes,
  sudokuGenerator,
  sudokuProblem,
  sudokuSolver,
} from "trm/puzzles";
import { createRandom } from "trm/random";

/** A question as it was typed or pasted: its cells, or the sentence that says what is wrong with it. */
export type Read = { readonly clues: Uint8Array } | { readonly problem: string };

/** How a cell is shown. */
export interface Look {
  readonly text: string;
  /** In words, for those who do not see it. */
  readonly name: string;
  /** Part of the question. */
  readonly given: boolean;
  readonly wall?: boolean;
}

/** A kind of puzzle: all that the page must know of it. Cells are the numbers that the worker takes, row by row. */
export interface Kind {
  readonly name: string;
  readonly side: number;
  /** The boxes of a Sudoku. */
  readonly box?: Box;
  /** What can be written into a cell: its number, the keys that write it, and its button. */
  readonly symbols: readonly {
    readonly value: number;
    readonly keys: readonly string[];
    readonly text: string;
  }[];
  readonly empty: Uint8Array;
  read(text: string): Read;
  /** The question on one line. */
  line(clues: Uint8Array): string;
  /** What is wrong with a question, as a sentence for the reader; undefined if nothing is. */
  problem(clues: Uint8Array): string | undefined;
  /** True if the model can be asked: a question that is wrong may be one all the same. */
  askable(clues: Uint8Array): boolean;
  /** The question with another cell. */
  put(clues: Uint8Array, cell: number, value: number): Uint8Array;
  look(clue: number, answer: number | undefined): Look;
  /** Cells of the question that clash with each other. */
  clashing(clues: Uint8Array): readonly number[];
  /** Cells of an answer that break a rule. The clues stand as they are: the cell that clashes with one is the model's. */
  broken(answer: Uint8Array, clues: Uint8Array): number[];
  /** Cells that the answer lacks. An answer without broken and missing cells is right. */
  missing(answer: Uint8Array, clues: Uint8Array): number;
  /** A puzzle that nobody has seen. */
  random(): string;
  /** "24 clues, 4 guesses": what a reader can choose a puzzle by. */
  describe(line: string): string;
}

/** A random number for {@link Kind.random}. */
export const chance = () => createRandom(Math.floor(Math.random() * 2 ** 31));

/** @param clues of a random puzzle; undefined: as few as leave one solution */
export function sudoku(box: Box, clues?: number): Kind {
  const side = box[0] * box[1];
  const digits = Array.from({ length: side }, (_, i) => i + 1);
  return {
    name: "Sudoku",
    side,
    box,
    symbols: [
      ...digits.map((value) => ({ value, keys: [`${value}`], text: `${value}` })),
      { value: 0, keys: ["0", "Backspace", "Delete", ".", " "], text: "" },
    ],
    empty: new Uint8Array(side * side),
    read: (text) => readPuzzle(text, box),
    line: formatGrid,
    problem: (clues) => problemOf(clues, box),
    askable: (clues) => clues.some((digit) => digit > 0),
    put: (clues, cell, value) => clues.map((digit, at) => (at === cell ? value : digit)),
    look(clue, answer) {
      const digit = clue || answer || 0;
      const name = !digit ? "blank" : clue ? `clue ${digit}` : `${digit}`;
      return { text: digit ? `${digit}` : "", name, given: clue > 0 };
    },
    clashing: (clues) => checkSudoku(clues, box).conflicts,
    broken: (answer, clues) => brokenCells(answer, box, clues),
    missing: (answer) => answer.filter((digit) => digit === 0).length,
    random() {
      const difficulty = clues === undefined ? ("minimal" as const) : ("singles" as const);
      return formatGrid(sudokuGenerator(box, chance(), { difficulty, clues })().puzzle);
    },
    describe: (line) => describePuzzle(line, box),
  };
}

/** "row 2, column 3" of a cell of a kind. */
export const placeOf = (cell: number, { side }: Kind): string => cellName(cell, side);

/** Reads a text as a puzzle of this box. */
export function readPuzzle(text: string, box: Box): Read {
  const cells = (box[0] * box[1]) ** 2;
  const symbols = text.replace(/[^\d.]/g, "").length;
  const [other] = sudokuBoxes(symbols);
  if (symbols !== cells && other && !/[a-z]/i.test(text)) {
    return {
      problem: `This is a ${sideOf(other)} puzzle, but the board is ${sideOf(box)}: choose a ${sideOf(other)} model first.`,
    };
  }
  try {
    return { clues: parseGrid(text, box, "The puzzle") };
  } catch (error) {
    return { problem: `${(error as Error).message}.` };
  }
}

const sideOf = ([rows, columns]: Box): string => `${rows * columns}x${rows * columns}`;

/** What is wrong with a question, as a sentence for the reader; undefined if it has exactly one solution. */
export function problemOf(clues: Uint8Array, box: Box): string | undefined {
  const problem = sudokuProblem(clues, box);
  if (problem === undefined) return undefined;
  if (checkSudoku(clues, box).conflicts.length > 0) return `This puzzle has no answer: ${problem}.`;
  if (clues.every((digit) => digit === 0))
    return "The board is empty: type some clues, or take a puzzle from the list.";
  return `Of this puzzle ${problem}; the model answers all the same.`;
}

/** Cells of an answer that break a rule. The clues stand as they are: the cell that clashes with one is the model's. */
export function brokenCells(answer: Uint8Array, box: Box, clues: Uint8Array): number[] {
  const kept = answer.map((digit, cell) => clues[cell] || digit);
  return checkSudoku(kept, box).conflicts.filter((cell) => clues[cell] === 0);
}

/** "24 clues, 4 guesses": what a reader can choose a puzzle by. */
export function describePuzzle(puzzle: string, box: Box): string {
  const read = readPuzzle(puzzle, box);
  if ("problem" in read) return puzzle;
  const { guesses } = sudokuSolver(box)(read.clues);
  const clues = read.clues.filter((digit) => digit > 0).length;
  return `${clues} clues, ${guesses === 0 ? "no guess" : guesses === 1 ? "1 guess" : `${guesses} guesses`}`;
}
