import type { Random } from "../../random";
import { distancesFrom, shortestPath } from "./distances";
import { MAZE, type MazeGrid, type MazePuzzle } from "./maze";

/** Size and form of generated mazes. */
export interface MazeOptions {
  /**
   * Cells on a side, at least 5. Rooms lie on odd rows and columns; an even size has a double wall at two
   * sides.
   */
  readonly size: number;
  /**
   * Share of the walls between neighbouring rooms that are opened again, so that there are detours. Default
   * 0.1.
   */
  readonly loops?: number;
  /** Fewest steps from start to goal (Maze-Hard asks for more than 110 at size 30). Default: the size. */
  readonly minLength?: number;
  /** Most steps from start to goal. */
  readonly maxLength?: number;
}

/** So many mazes without a path of the wanted length mean that the length is out of reach. */
const PATIENCE = 1000;

/**
 * An endless source of random mazes in which exactly one way from start to goal is shortest.
 *
 * @throws RangeError when an option is out of range, or no path of the wanted length is found.
 * @example
 * const next = mazeGenerator({ size: 15, minLength: 30 }, createRandom(1));
 * const { question, answer } = next();
 */
export function mazeGenerator(options: MazeOptions, random: Random): () => MazePuzzle {
  const { size, loops = 0.1, minLength = size, maxLength = Number.POSITIVE_INFINITY } = options;
  if (!(Number.isInteger(size) && size >= 5))
    throw new RangeError(`size must be an integer of at least 5, got ${size}`);
  if (!(loops >= 0 && loops <= 1)) throw new RangeError(`loops must be a share from 0 to 1, got ${loops}`);
  if (!(minLength <= maxLength))
    throw new RangeError(`minLength ${minLength} is more than maxLength ${maxLength}`);
  return () => {
    for (let attempt = 0; attempt < PATIENCE; attempt++) {
      const maze = withPath(carvedMaze(size, loops, random), minLength, maxLength, random);
      if (maze) return { ...maze, size, source: `generated ${size}x${size}` };
    }
    const lengths =
      maxLength === Number.POSITIVE_INFINITY ? `at least ${minLength}` : `${minLength} to ${maxLength}`;
    throw new RangeError(
      `no ${size}x${size} maze with a shortest path of ${lengths} steps in ${PATIENCE} tries: ` +
        "ask for another minLength, a larger size or fewer loops",
    );
  };
}

/**
 * Digs corridors between rooms in random directions until every room is reached, then opens some of the other
 * walls.
 */
function carvedMaze(size: number, loops: number, random: Random): MazeGrid {
  const grid = new Uint8Array(size * size).fill(MAZE.wall);
  const start = randomRoom(size, random);
  const trail = [start];
  grid[start] = MAZE.open;
  while (trail.length > 0) {
    const room = trail[trail.length - 1];
    const closed = roomsBeside(size, room).filter((other) => grid[other] === MAZE.wall);
    if (closed.length === 0) {
      trail.pop();
      continue;
    }
    const next = closed[random.int(0, closed.length)];
    grid[(room + next) / 2] = MAZE.open;
    grid[next] = MAZE.open;
    trail.push(next);
  }
  for (let cell = 0; cell < grid.length; cell++) {
    if (isBetweenRooms(size, cell) && grid[cell] === MAZE.wall && random.float() < loops)
      grid[cell] = MAZE.open;
  }
  return grid;
}

/** Rooms are the cells on odd rows and columns inside the border. */
const lastRoom = (size: number): number => (size % 2 === 0 ? size - 3 : size - 2);

function randomRoom(size: number, random: Random): number {
  const rooms = (lastRoom(size) + 1) / 2;
  const place = (): number => 2 * random.int(0, rooms) + 1;
  return place() * size + place();
}

function roomsBeside(size: number, room: number): number[] {
  const [row, column] = [Math.floor(room / size), room % size];
  const beside: number[] = [];
  if (row > 1) beside.push(room - 2 * size);
  if (column > 1) beside.push(room - 2);
  if (column < lastRoom(size)) beside.push(room + 2);
  if (row < lastRoom(size)) beside.push(room + 2 * size);
  return beside;
}

function isBetweenRooms(size: number, cell: number): boolean {
  const [row, column] = [Math.floor(cell / size), cell % size];
  const inside = row > 0 && column > 0 && row <= lastRoom(size) && column <= lastRoom(size);
  return inside && (row + column) % 2 === 1;
}

/** Chooses a start, and a goal with one shortest way of a wanted length; null if this start has none. */
function withPath(
  grid: MazeGrid,
  minLength: number,
  maxLength: number,
  random: Random,
): Pick<MazePuzzle, "question" | "answer" | "length"> | null {
  const open = Array.from(grid.keys()).filter((cell) => grid[cell] === MAZE.open);
  const start = open[random.int(0, open.length)];
  const distances = distancesFrom(grid, start);
  const { steps, ways } = distances;
  const goals = open.filter(
    (cell) => cell !== start && ways[cell] === 1 && steps[cell] >= minLength && steps[cell] <= maxLength,
  );
  if (goals.length === 0) return null;
  const goal = goals[random.int(0, goals.length)];
  const question = grid.slice();
  question[start] = MAZE.start;
  question[goal] = MAZE.goal;
  const answer = question.slice();
  for (const cell of shortestPath(grid, distances, goal)) answer[cell] = MAZE.path;
  return { question, answer, length: steps[goal] };
}
