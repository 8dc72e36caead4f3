import {
  ARC_SEQ_LEN,
  ARC_VOCAB_SIZE,
  type Box,
  checkMaze,
  checkSudoku,
  formatGrid,
  formatMaze,
  MAZE,
  mazePicture,
  parseGrid,
  parseMaze,
  sudokuBoxes,
  sudokuPicture,
  sudokuProblem,
} from "../puzzles";
import { type Dataset, exampleAt, exampleCount, type Rules } from "./dataset";
import { mazeCells, mazeTokens } from "./maze";
import { sudokuDigits, sudokuTokens } from "./sudoku";

/** Everything that depends on what kind of puzzle a model was trained on. */
export interface PuzzleKind {
  parse(text: string): Uint8Array;
  /** The fault of a question, such as clues that clash; undefined if it has exactly one answer. */
  problem(question: Uint8Array): string | undefined;
  tokens(question: Uint8Array): Uint8Array;
  cells(tokens: ArrayLike<number>): Uint8Array;
  format(answer: Uint8Array): string;
  /** Undefined where no rules are known. */
  isSolved(answer: Uint8Array, question: Uint8Array): boolean | undefined;
  draw(answer: Uint8Array, question: Uint8Array): string;
}

/** Facts that the numbers of cells and tokens do not tell: 36 cells have boxes of 2x3 or 3x2, 16 may be a Sudoku or a maze. */
export interface PuzzleHints {
  readonly kind?: "sudoku" | "maze" | "numbers";
  readonly box?: Box;
}

/**
 * The kind of puzzle that a model was trained on.
 * @param hints what the run or the user says; without it the usual box, and a Sudoku rather than a maze
 * @returns Sudokus, mazes, or rows of numbers for every other task
 * @throws Error for ARC, or when the box has another number of cells
 */
export function puzzleKind(
  { seqLen, vocabSize }: Pick<Dataset, "seqLen" | "vocabSize">,
  hints: PuzzleHints = {},
): PuzzleKind {
  const side = Math.sqrt(seqLen);
  if (hints.kind === "numbers") return numbersKind(seqLen, vocabSize);
  const boxes = hints.kind === "maze" || vocabSize !== side + 2 ? [] : sudokuBoxes(seqLen);
  const box = hints.box ?? boxes[0];
  if (box && boxes.some(([rows, columns]) => rows === box[0] && columns === box[1])) return sudokuKind(box);
  if (hints.box && boxes.length > 0) {
    throw new Error(
      `boxes of ${hints.box.join("x")} do not fill ${seqLen} cells; it can be ${boxes.map((b) => b.join("x")).join(" or ")}`,
    );
  }
  if (vocabSize === 6 && Number.isInteger(side)) return mazeKind(side);
  if (seqLen === ARC_SEQ_LEN && vocabSize === ARC_VOCAB_SIZE) {
    throw new Error("ARC tasks need their augmentations and votes: build a dataset folder and use trm eval");
  }
  return numbersKind(seqLen, vocabSize);
}

function numbersKind(seqLen: number, vocabSize: number): PuzzleKind {
  const text = (tokens: Uint8Array) => Array.from(tokens).join(" ");
  if (vocabSize > 256)
    throw new Error(`the model knows ${vocabSize} tokens, and at most 256 can be written here`);
  return {
    parse(written) {
      const words = written.split(/[\s,;]+/).filter(Boolean);
      if (words.length !== seqLen)
        throw new Error(`the question has ${words.length} numbers, the model takes ${seqLen}`);
      const wrong = words.find((word) => !/^\d+$/.test(word) || Number(word) >= vocabSize);
      if (wrong !== undefined)
        throw new Error(`"${wrong}" is not a token: they are numbers from 0 to ${vocabSize - 1}`);
      return Uint8Array.from(words, Number);
    },
    problem: () => undefined,
    tokens: (question) => question,
    cells: (tokens) => Uint8Array.from(tokens),
    format: text,
    isSolved: () => undefined,
    draw: text,
  };
}

/** Puzzles whose labels are looked at to find the rules of a dataset. */
const LOOKED_AT = 32;

/** The rules that the labels of a dataset keep, as its first puzzles show; undefined for every other task. */
export function rulesOf(dataset: Dataset): Rules | undefined {
  const { seqLen, vocabSize } = dataset;
  const side = Math.sqrt(seqLen);
  const candidates: Rules[] =
    vocabSize === side + 2 ? sudokuBoxes(seqLen).map((box) => ({ kind: "sudoku", box })) : [];
  if (vocabSize === 6 && Number.isInteger(side)) candidates.push({ kind: "maze" });
  return candidates.find((rules) => {
    const { cells, isSolved } = puzzleKind(dataset, rules);
    const looked = Array.from({ length: Math.min(LOOKED_AT, exampleCount(dataset)) }, (_, i) =>
      exampleAt(dataset, i),
    );
    return looked.every(({ inputs, labels }) => isSolved(cells(labels), cells(inputs)));
  });
}

function sudokuKind(box: Box): PuzzleKind {
  return {
    parse: (text) => parseGrid(text, box),
    problem: (question) => sudokuProblem(question, box),
    tokens: sudokuTokens,
    cells: sudokuDigits,
    format: formatGrid,
    isSolved: (answer, question) => checkSudoku(answer, box, question).solved,
    draw(answer, question) {
      const { conflicts, changedClues } = checkSudoku(answer, box, question);
      const wrong = new Set([...conflicts, ...changedClues]);
      return sudokuPicture(answer, box, (cell) => (wrong.has(cell) ? "!" : " "));
    },
  };
}

function mazeKind(size: number): PuzzleKind {
  return {
    parse(text) {
      const maze = parseMaze(text);
      if (maze.length === size * size) return maze;
      const side = Math.sqrt(maze.length);
      throw new Error(`the maze is ${side}x${side}, but the model was trained on ${size}x${size}`);
    },
    problem(question) {
      const { shortest } = checkMaze(question, question);
      return shortest < 0 ? "no way leads from S to G" : undefined;
    },
    tokens: mazeTokens,
    cells: mazeCells,
    // A kind that no maze has is shown, not dropped.
    format: (answer) => Array.from(answer, (kind) => formatMaze(Uint8Array.of(kind)) || "?").join(""),
    isSolved: (answer, question) =>
      question.includes(MAZE.start) && question.includes(MAZE.goal) && checkMaze(question, answer).solved,
    draw: (answer, question) =>
      mazePicture(question, (cell) =>
        answer[cell] === question[cell]
          ? null
          : answer[cell] === MAZE.path && question[cell] === MAZE.open
            ? "· "
            : "× ",
      ),
  };
}
