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

/**
 * The path that the model predicted: blue where it is right, pale blue where it is missing, orange where it is wrong.
 * @throws RangeError when the three mazes are not of one size.
 */
export function mazeFigure(maze: MazeAnswer, heading: Partial<Heading> = {}): Figure {
  const { question, prediction, solution } = maze;
  const rows = question.length;
  for (const [name, other] of Object.entries({ prediction, solution })) {
    if (other.length !== rows || other.some((row, r) => row.length !== question[r].length)) {
      throw new RangeError(
        `${name} has another size than question (${rows} rows of ${question[0]?.length ?? 0})`,
      );
    }
  }
  const squares = question.map((row, r) =>
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
  const wrong = squares
    .flat()
    .filter((square) => square.shade === shade.missed || square.shade === shade.wrong).length;
  return boardsFigure({
    title:
      heading.title ??
      (wrong === 0 ? "Shortest path found" : `${wrong} squares differ from the shortest path`),
    subtitle: heading.subtitle ?? "blue: path, pale blue: missed, orange: wrong",
    boards: [{ squares }],
    shades,
    gridLines: false,
    perRow: 1,
    squareSize: Math.max(10, Math.min(26, Math.round(520 / rows))),
  });
}
