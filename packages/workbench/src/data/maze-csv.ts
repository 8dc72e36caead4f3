import { checkMaze, formatMaze, type MazePuzzle, mazeAnswer, parseMaze } from "trm/puzzles";
import { type PuzzleRow, puzzleCsv, streamPuzzleRows } from "./csv";
import { isMazeText } from "./grid-text";

/**
 * Reads a file of mazes, such as Maze-Hard's (`sapientinc/maze-30x30-hard-1k`) `source,question,answer,rating`; see
 * {@link streamPuzzleRows} for what is read. Every answer is checked to be a shortest way; where there is none, one is searched.
 *
 * @throws Error naming file, line and column of what is wrong.
 */
export async function readMazeCsv(path: string): Promise<MazePuzzle[]> {
  const mazes: MazePuzzle[] = [];
  for await (const row of streamPuzzleRows(path)) mazes.push(readMaze(row));
  return mazes;
}

/** True for a file whose first puzzle is a maze. @throws Error naming what is wrong in the file */
export async function holdsMazes(path: string): Promise<boolean> {
  for await (const { question } of streamPuzzleRows(path)) return isMazeText(question);
  return false;
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
  const answer = answerText === "" ? mazeAnswer(question) : parseMaze(answerText, `${where}: column answer`);
  if (!answer) throw new Error(`${where}: column question: no way leads from S to G`);
  if (answer.length !== question.length) {
    throw new Error(`${where}: column answer: has ${answer.length} cells, the question ${question.length}`);
  }
  const { solved, length } = checkMaze(question, answer);
  if (!solved) throw new Error(`${where}: column answer: is not a shortest way from S to G`);
  return { size: Math.sqrt(question.length), question, answer, length, source };
}
