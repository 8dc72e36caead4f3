import { checkMaze, formatMaze, type MazePuzzle, parseMaze } from "trm/puzzles";
import { type PuzzleRow, puzzleCsv, streamPuzzleRows } from "./csv";

/**
 * Reads a CSV file in the layout of Maze-Hard (`sapientinc/maze-30x30-hard-1k`):
 * `source,question,answer,rating`. Every answer is checked to be a shortest way.
 *
 * @throws Error naming file, line and column of what is wrong.
 */
export async function readMazeCsv(path: string): Promise<MazePuzzle[]> {
  const mazes: MazePuzzle[] = [];
  for await (const row of streamPuzzleRows(path)) mazes.push(readMaze(row));
  return mazes;
}

/**
 * The text of a CSV file that {@link readMazeCsv} and the official builder read; `rating` is the length of
 * the path.
 */
export function mazeCsv(mazes: readonly MazePuzzle[]): string {
  return puzzleCsv(
    mazes.map(({ source, question, answer, length }) => ({
      source,
      question: formatMaze(question),
      answer: formatMaze(answer),
      rating: length,
    })),
  );
}

function readMaze({ source, question: questionText, answer: answerText, where }: PuzzleRow): MazePuzzle {
  const question = parseMaze(questionText, `${where}: column question`);
  const answer = parseMaze(answerText, `${where}: column answer`);
  if (answer.length !== question.length) {
    throw new Error(`${where}: column answer: has ${answer.length} cells, the question ${question.length}`);
  }
  const { solved, length } = checkMaze(question, answer);
  if (!solved) throw new Error(`${where}: column answer: is not a shortest way from S to G`);
  return { size: Math.sqrt(question.length), question, answer, length, source };
}
