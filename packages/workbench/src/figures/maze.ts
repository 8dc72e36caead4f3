import { animatedBoards } from "./animation";
import { boardsFigure, type Square } from "./boards";
import type { Figure, Heading } from "./theme";

/** A maze and what a model answered, in the official characters: `#` wall, space, `S` start, `G` goal, `o` path. */
export interface MazeAnswer {
  /** One string for each row. */
  readonly question: readonly string[];
  readonly prediction: readonly string[];
  readonly solution: readonly string[];
}

const shade = { free: 0, wall: 1, right: 2, missed: 3, wrong: 4, ends: 5 } as const;

const shades = ["#FFFFFF", "#3A3F47", "#3C8CC0", "#BFE0F5", "#D55E00", "#F6D55C"].map(
  (color) => [color, color] as const,
);

const key = "blue: path, pale blue: missed, orange: wrong";

/**
 * The path that the model predicted: blue where it is right, pale blue where it is missing, orange where it is wrong.
 * @throws RangeError when the three mazes are not of one size.
 */
export function mazeFigure(maze: MazeAnswer, heading: Partial<Heading> = {}): Figure {
  const squares = mazeSquares(maze);
  const wrong = countWrong(squares);
  return boardsFigure({
    title:
      heading.title ??
      (wrong === 0 ? "Shortest path found" : `${wrong} squares differ from the shortest path`),
    subtitle: heading.subtitle ?? key,
    boards: [{ squares }],
    shades,
    gridLines: false,
    perRow: 1,
    squareSize: Math.max(10, Math.min(26, Math.round(520 / squares.length))),
  });
}

/**
 * One maze supervision step by supervision step: the same board again and again, in which the path grows together.
 * @param predictions the model's answer after each supervision step
 * @throws RangeError when the mazes differ in size, or there are no predictions
 */
export function mazeStepsFigure(
  maze: Omit<MazeAnswer, "prediction">,
  predictions: readonly (readonly string[])[],
  heading: Partial<Heading> = {},
): Figure {
  if (predictions.length === 0) {
    throw new RangeError("predictions is empty: give the answer after at least one supervision step");
  }
  const boards = predictions.map((prediction, index) => stepBoard({ ...maze, prediction }, index));
  const perRow = Math.min(4, boards.length);
  return boardsFigure({
    title: heading.title ?? "The same maze, supervision step by supervision step",
    subtitle: heading.subtitle ?? key,
    boards,
    shades,
    gridLines: false,
    perRow,
    squareSize: Math.max(6, Math.min(18, Math.round(720 / perRow / maze.question.length))),
  });
}

/** One supervision step: the answer, and the halting head's belief that it is right, 0 to 1. */
export interface MazeThought {
  readonly prediction: readonly string[];
  readonly belief: number;
  /** Another shortest path to compare this step with, instead of the maze's solution. */
  readonly solution?: readonly string[];
}

/**
 * One large maze with a slider over the supervision steps, a play button, and the belief of the halting head.
 * @throws RangeError when there are no thoughts, or the mazes differ in size
 */
export function mazeThinkingFigure(
  maze: Omit<MazeAnswer, "prediction">,
  thoughts: readonly MazeThought[],
  heading: Partial<Heading> = {},
): Figure {
  return animatedBoards({
    ...heading,
    subtitle: heading.subtitle ?? key,
    shades,
    gridLines: false,
    squareSize: Math.max(12, Math.min(44, Math.round(320 / maze.question.length))),
    steps: thoughts.map((thought, index) => ({
      ...stepBoard({ ...maze, ...thought }, index),
      belief: thought.belief,
    })),
  });
}

function stepBoard(maze: MazeAnswer, index: number): { caption: string; squares: Square[][] } {
  const squares = mazeSquares(maze);
  const wrong = countWrong(squares);
  const isThereAny = maze.solution.some((row) => row.includes("o"));
  const verdict = wrong > 0 ? `${wrong} wrong` : isThereAny ? "<b>found</b>" : "no path";
  return { caption: `step ${index + 1}: ${verdict}`, squares };
}

function mazeSquares({ question, prediction, solution }: MazeAnswer): Square[][] {
  const rows = question.length;
  for (const [name, other] of Object.entries({ prediction, solution })) {
    if (other.length !== rows || other.some((row, r) => row.length !== question[r].length)) {
      throw new RangeError(
        `${name} has another size than question (${rows} rows of ${question[0]?.length ?? 0})`,
      );
    }
  }
  return question.map((row, r) =>
    [...row].map((character, c): Square => {
      const place = `row ${r + 1}, column ${c + 1}`;
      if (character === "S" || character === "G") {
        return {
          shade: shade.ends,
          text: character,
          hover: `${place}: ${character === "S" ? "start" : "goal"}`,
        };
      }
      const predicted = prediction[r][c] === "o";
      const onPath = solution[r][c] === "o";
      const kind = predicted
        ? onPath
          ? "right"
          : "wrong"
        : onPath
          ? "missed"
          : character === "#"
            ? "wall"
            : "free";
      return { shade: shade[kind], hover: `${place}: ${kind}` };
    }),
  );
}

function countWrong(squares: readonly (readonly Square[])[]): number {
  return squares.flat().filter(({ shade: kind }) => kind === shade.missed || kind === shade.wrong).length;
}
