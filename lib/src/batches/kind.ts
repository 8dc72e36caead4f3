import {
  type Box,
  checkMaze,
  checkSudoku,
  formatGrid,
  formatMaze,
  MAZE,
  mazePicture,
  parseGrid,
  parseMaze,
  sudokuBox,
  sudokuPicture,
} from "../puzzles";
import type { Dataset } from "./dataset";
import { mazeCells, mazeTokens } from "./maze";
import { sudokuDigits, sudokuTokens } from "./sudoku";

/** Everything that depends on what kind of puzzle a model was trained on. */
export interface PuzzleKind {
  parse(text: string): Uint8Array;
  tokens(question: Uint8Array): Uint8Array;
  cells(tokens: Int32Array): Uint8Array;
  format(answer: Uint8Array): string;
  isSolved(answer: Uint8Array, question: Uint8Array): boolean;
  draw(answer: Uint8Array, question: Uint8Array): string;
}

/**
 * The kind of puzzle that a model was trained on, by its numbers of cells and tokens.
 * @throws Error when it is neither Sudoku nor maze
 */
export function puzzleKind({ seqLen, vocabSize }: Pick<Dataset, "seqLen" | "vocabSize">): PuzzleKind {
  const box = sudokuBox(seqLen);
  if (box && vocabSize === Math.sqrt(seqLen) + 2) return sudokuKind(box);
  if (vocabSize === 6 && Number.isInteger(Math.sqrt(seqLen))) return mazeKind(Math.sqrt(seqLen));
  throw new Error(
    `the model answers puzzles of ${seqLen} cells of ${vocabSize} kinds; solve knows Sudokus and mazes. ` +
      "ARC tasks need their augmentations and votes: build a dataset folder and use trm eval",
  );
}

function sudokuKind(box: Box): PuzzleKind {
  return {
    parse: (text) => parseGrid(text, box),
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
    tokens: mazeTokens,
    cells: mazeCells,
    // A kind that no maze has is shown, not dropped.
    format: (answer) => Array.from(answer, (kind) => formatMaze(Uint8Array.of(kind)) || "?").join(""),
    isSolved: (answer, question) => checkMaze(question, answer).solved,
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
