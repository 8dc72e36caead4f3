import { distancesFrom, shortestPath } from "./distances";
import { MAZE, type MazeGrid } from "./maze";

/** The verdict on an answer to a maze. */
export interface MazeCheck {
  /** The path cells are exactly a shortest way from start to goal, and nothing else is changed. */
  readonly solved: boolean;
  /** Steps of the shortest way through the maze; -1 if there is none. */
  readonly shortest: number;
  /** Steps from start to goal on path cells of the answer alone; -1 if they do not connect them. */
  readonly length: number;
  /** Path cells drawn on open cells, stray ones included. */
  readonly pathCells: number;
  /** Cells where the answer differs from the question otherwise than by a path on an open cell. */
  readonly changed: readonly number[];
}

/** A maze with one of its shortest ways drawn in; undefined where no way leads from start to goal. */
export function mazeAnswer(question: MazeGrid): MazeGrid | undefined {
  const [start, goal] = [question.indexOf(MAZE.start), question.indexOf(MAZE.goal)];
  const distances = distancesFrom(question, start);
  if (distances.steps[goal] < 0) return undefined;
  const answer = question.slice();
  for (const cell of shortestPath(question, distances, goal)) answer[cell] = MAZE.path;
  return answer;
}

/**
 * Judges an answer by the maze alone: any shortest way counts, not only a known one.
 *
 * @param answer The question with path cells drawn in, as a model predicts it; any numbers are allowed.
 * @throws RangeError when sizes differ or the question lacks a start or goal.
 */
export function checkMaze(question: MazeGrid, answer: ArrayLike<number>): MazeCheck {
  if (answer.length !== question.length) {
    throw new RangeError(`the answer has ${answer.length} cells, the maze ${question.length}`);
  }
  const start = question.indexOf(MAZE.start);
  const goal = question.indexOf(MAZE.goal);
  if (start < 0 || goal < 0) throw new RangeError("the maze has no start or no goal");
  const onPath = (cell: number): boolean => answer[cell] === MAZE.path && question[cell] === MAZE.open;
  const cells = Array.from(question.keys());
  const changed = cells.filter((cell) => answer[cell] !== question[cell] && !onPath(cell));
  const pathCells = cells.filter(onPath).length;
  const shortest = distancesFrom(question, start).steps[goal];
  const length = distancesFrom(question, start, (cell) => cell === goal || onPath(cell)).steps[goal];
  // A way of n steps passes n - 1 cells: as many path cells as that leave no stray one.
  const solved = changed.length === 0 && length > 0 && length === shortest && pathCells === length - 1;
  return { solved, shortest, length, pathCells, changed };
}
