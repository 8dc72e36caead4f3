import {
  type Box,
  checkSudoku,
  formatGrid,
  parseGrid,
  sudokuBoxes,
  sudokuGenerator,
  sudokuProblem,
  sudokuSolver,
} from "trm/puzzles";
import { createRandom } from "trm/random";

/** A question as it was typed or pasted: its digits, or the sentence that says what is wrong with it. */
export type Read = { readonly clues: Uint8Array } | { readonly problem: string };

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

/** Clues that clash with each other. */
export const clashingClues = (clues: Uint8Array, box: Box): readonly number[] =>
  checkSudoku(clues, box).conflicts;

/** A puzzle that nobody has seen, minimal or with some clues more. */
export function randomPuzzle(box: Box, clues: number | undefined): string {
  const random = createRandom(Math.floor(Math.random() * 2 ** 31));
  const difficulty = clues === undefined ? ("minimal" as const) : ("singles" as const);
  return formatGrid(sudokuGenerator(box, random, { difficulty, clues })().puzzle);
}

/** "24 clues, 4 guesses": what a reader can choose a puzzle by. */
export function describePuzzle(puzzle: string, box: Box): string {
  const read = readPuzzle(puzzle, box);
  if ("problem" in read) return puzzle;
  const { guesses } = sudokuSolver(box)(read.clues);
  const clues = read.clues.filter((digit) => digit > 0).length;
  return `${clues} clues, ${guesses === 0 ? "no guess" : guesses === 1 ? "1 guess" : `${guesses} guesses`}`;
}
