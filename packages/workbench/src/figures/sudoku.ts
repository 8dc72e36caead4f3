import { animatedBoards } from "./animation";
import { boardsFigure, type Square } from "./boards";
import type { Figure, Heading } from "./theme";

/** A Sudoku and what a model answered. Cells are read row by row; 0 is an empty cell. */
export interface SudokuAnswer {
  /** Rows and columns of one box: `[2, 3]` for 6x6. */
  readonly box: readonly [rows: number, columns: number];
  readonly clues: ArrayLike<number>;
  /** Predicted digits; 0 where the model predicted no digit. */
  readonly prediction: ArrayLike<number>;
  /** 0 where there is no right digit to compare with. */
  readonly solution: ArrayLike<number>;
  /** The model's probability of each predicted digit, 0 to 1: the surer, the stronger the colour. */
  readonly confidence?: ArrayLike<number>;
}

/** Pale and strong: clues, right answers, wrong answers, empty cells. */
const shades = [
  ["#E9EBEE", "#E9EBEE"],
  ["#F4F9FD", "#8FC3E6"],
  ["#FFF3EA", "#F59A5B"],
  ["#FFFFFF", "#FFFFFF"],
] as const;

const key = "grey: clues, blue: right, orange and bold: wrong";

/**
 * One Sudoku with the model's digits, right ones blue and wrong ones orange.
 * @throws RangeError when a list has another number of cells than the box says.
 */
export function sudokuFigure(answer: SudokuAnswer, heading: Partial<Heading> = {}): Figure {
  const wrong = countWrong(answer);
  return boardsFigure({
    title: heading.title ?? (wrong === 0 ? "Solved" : `${wrong} cells wrong`),
    subtitle: heading.subtitle ?? (answer.confidence ? `${key}; stronger: surer` : key),
    boards: [{ squares: sudokuSquares(answer) }],
    shades,
    box: answer.box,
    perRow: 1,
    squareSize: 36,
  });
}

/** One supervision step: the prediction and its confidence. */
export interface SudokuStep {
  readonly prediction: ArrayLike<number>;
  readonly confidence?: ArrayLike<number>;
  /** @default "step 1", "step 2", … */
  readonly name?: string;
}

/**
 * One Sudoku supervision step by supervision step: the same board again and again, in which wrong cells turn right.
 *
 * @param puzzle the box, the clues and the solution
 * @param steps the model's answer after each supervision step
 */
export function sudokuStepsFigure(
  puzzle: Pick<SudokuAnswer, "box" | "clues" | "solution">,
  steps: readonly SudokuStep[],
  heading: Partial<Heading> = {},
): Figure {
  if (steps.length === 0)
    throw new RangeError("steps is empty: give the answer after at least one supervision step");
  const side = puzzle.box[0] * puzzle.box[1];
  const shaded = steps.some((step) => step.confidence);
  return boardsFigure({
    title: heading.title ?? "The same puzzle, supervision step by supervision step",
    subtitle: heading.subtitle ?? (shaded ? `${key}; stronger: surer` : key),
    boards: steps.map((step, index) => {
      const wrong = countWrong({ ...puzzle, ...step });
      const name = step.name ?? `step ${index + 1}`;
      return {
        caption: `${name}: ${wrong === 0 ? "<b>solved</b>" : `${wrong} wrong`}`,
        squares: sudokuSquares({ ...puzzle, ...step }),
      };
    }),
    shades,
    box: puzzle.box,
    perRow: Math.min(4, steps.length),
    squareSize: side > 6 ? 20 : 27,
  });
}

/** A Sudoku step with the halting head's belief to be right, 0 to 1. */
export interface SudokuThought extends SudokuStep {
  readonly belief: number;
  /** Digits to compare this step with, instead of the puzzle's solution. */
  readonly solution?: ArrayLike<number>;
}

/**
 * One large Sudoku with a slider over the supervision steps, a play button, and the belief of the halting head.
 * @throws RangeError when there are no steps, or a list has another number of cells than the box says
 */
export function sudokuThinkingFigure(
  puzzle: Pick<SudokuAnswer, "box" | "clues" | "solution">,
  thoughts: readonly SudokuThought[],
  heading: Partial<Heading> = {},
): Figure {
  return animatedBoards({
    ...heading,
    subtitle: heading.subtitle ?? `${key}; stronger: surer`,
    shades,
    box: puzzle.box,
    squareSize: puzzle.box[0] * puzzle.box[1] > 6 ? 36 : 48,
    steps: thoughts.map((thought, index) => {
      const wrong = countWrong({ ...puzzle, ...thought });
      return {
        caption: `step ${index + 1}: ${wrong === 0 ? "<b>solved</b>" : `${wrong} wrong`}`,
        squares: sudokuSquares({ ...puzzle, ...thought }),
        belief: thought.belief,
      };
    }),
  });
}

function sudokuSquares(answer: SudokuAnswer): Square[][] {
  const { box, clues, prediction, solution, confidence } = answer;
  const side = box[0] * box[1];
  for (const [name, cells] of Object.entries({ clues, prediction, solution, confidence })) {
    if (typeof cells === "object" && "length" in cells && cells.length !== side * side) {
      throw new RangeError(
        `${name} has ${cells.length} cells, but boxes of ${box.join(" x ")} need ${side * side}`,
      );
    }
  }
  return Array.from({ length: side }, (_, row) =>
    Array.from({ length: side }, (_, column): Square => {
      const cell = row * side + column;
      const place = `row ${row + 1}, column ${column + 1}`;
      const digit = prediction[cell];
      if (clues[cell] > 0) return { shade: 0, text: String(clues[cell]), hover: `${place}: clue` };
      if (!(digit > 0)) return { shade: 3, hover: `${place}: empty` };
      const isRight = digit === solution[cell];
      const correction = solution[cell] > 0 ? `, right is ${solution[cell]}` : ", breaks the rules";
      // A fraction below 1 keeps the shade within its own pair of colours.
      const strength = confidence ? Math.min(0.99, Math.max(0, confidence[cell])) : 0.6;
      const sure = confidence ? `, ${(100 * confidence[cell]).toFixed(0)}% sure` : "";
      return {
        shade: (isRight ? 1 : 2) + strength,
        text: String(digit),
        textStyle: isRight ? "right" : "wrong",
        hover: `${place}: predicted ${digit}${isRight ? "" : correction}${sure}`,
      };
    }),
  );
}

function countWrong({ clues, prediction, solution }: SudokuAnswer): number {
  return Array.from(solution).filter((digit, cell) => !(clues[cell] > 0) && prediction[cell] !== digit)
    .length;
}
