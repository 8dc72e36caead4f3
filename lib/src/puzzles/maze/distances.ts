import { MAZE, type MazeGrid } from "./maze";

/** Steps from a cell to all cells, and in how many shortest ways. */
export interface Distances {
  /** Cell -> steps, -1 where it cannot be reached. */
  readonly steps: Int32Array;
  /** Cell -> number of shortest ways, where 2 stands for "several". */
  readonly ways: Uint8Array;
}

/**
 * Breadth-first search over the cells that may be entered, four neighbours each.
 *
 * @param mayEnter Default: everything that is not a wall.
 */
export function distancesFrom(
  grid: MazeGrid,
  from: number,
  mayEnter: (cell: number) => boolean = (cell) => grid[cell] !== MAZE.wall,
): Distances {
  const steps = new Int32Array(grid.length).fill(-1);
  const ways = new Uint8Array(grid.length);
  const queue = new Int32Array(grid.length);
  steps[from] = 0;
  ways[from] = 1;
  queue[0] = from;
  let reached = 1;
  for (let next = 0; next < reached; next++) {
    const cell = queue[next];
    for (const neighbour of neighbours(grid, cell)) {
      if (!mayEnter(neighbour)) continue;
      if (steps[neighbour] < 0) {
        steps[neighbour] = steps[cell] + 1;
        queue[reached++] = neighbour;
      }
      if (steps[neighbour] === steps[cell] + 1) ways[neighbour] = Math.min(2, ways[neighbour] + ways[cell]);
    }
  }
  return { steps, ways };
}

/** The up to four cells beside a cell. */
export function neighbours(grid: MazeGrid, cell: number): number[] {
  const size = Math.sqrt(grid.length);
  const column = cell % size;
  const beside: number[] = [];
  if (cell >= size) beside.push(cell - size);
  if (column > 0) beside.push(cell - 1);
  if (column < size - 1) beside.push(cell + 1);
  if (cell + size < grid.length) beside.push(cell + size);
  return beside;
}

/**
 * The cells strictly between the start of `distances` and `to`, on one shortest way, from the end to the
 * start.
 */
export function shortestPath(grid: MazeGrid, { steps }: Distances, to: number): number[] {
  const path: number[] = [];
  let cell = to;
  while (steps[cell] > 1) {
    cell = neighbours(grid, cell).find((neighbour) => steps[neighbour] === steps[cell] - 1) ?? cell;
    path.push(cell);
  }
  return path;
}
