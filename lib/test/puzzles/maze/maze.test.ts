import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  checkMaze,
  DIHEDRAL_COUNT,
  dihedral,
  formatMaze,
  MAZE,
  type MazePuzzle,
  mazeForm,
  mazeGenerator,
  mazePicture,
  parseMaze,
} from "../../../src/puzzles";
import { createRandom } from "../../../src/random";

const SMALL = ["#######", "#S    #", "# ### #", "# #G  #", "# # # #", "#     #", "#######"].join("\n");

const anyMaze: fc.Arbitrary<MazePuzzle> = fc
  .record({
    size: fc.integer({ min: 5, max: 16 }),
    loops: fc.double({ min: 0, max: 1, noNaN: true }),
    seed: fc.integer(),
  })
  .map(({ size, loops, seed }) => mazeGenerator({ size, loops, minLength: 2 }, createRandom(seed))());

/** Steps of all simple ways from start to goal, found by walking every one of them. */
function allWays(grid: Uint8Array, size: number): number[] {
  const goal = grid.indexOf(MAZE.goal);
  const lengths: number[] = [];
  const visited = new Set<number>();
  const walk = (cell: number, steps: number): void => {
    if (cell === goal) {
      lengths.push(steps);
      return;
    }
    visited.add(cell);
    for (const next of [cell - size, cell + size, cell - 1, cell + 1]) {
      if (grid[next] !== MAZE.wall && !visited.has(next)) walk(next, steps + 1);
    }
    visited.delete(cell);
  };
  walk(grid.indexOf(MAZE.start), 0);
  return lengths.sort((a, b) => a - b);
}

test("exactly one way of a generated maze is shortest, and it is the answer", () => {
  fc.assert(
    fc.property(
      fc.record({
        size: fc.integer({ min: 5, max: 10 }),
        loops: fc.double({ min: 0, max: 0.6, noNaN: true }),
        seed: fc.integer(),
      }),
      ({ size, loops, seed }) => {
        const maze = mazeGenerator({ size, loops, minLength: 2 }, createRandom(seed))();
        const [shortest, next] = allWays(maze.question, size);
        assert.equal(shortest, maze.length);
        assert.notEqual(next, shortest);
        const { solved, length } = checkMaze(maze.question, maze.answer);
        assert.deepEqual({ solved, length }, { solved: true, length: maze.length });
      },
    ),
    { numRuns: 60 },
  );
});

test("a generated maze is closed all around, and its answer only adds the path", () => {
  fc.assert(
    fc.property(anyMaze, ({ size, question, answer, length }) => {
      for (let i = 0; i < size; i++) {
        for (const cell of [i, i * size, i * size + size - 1, (size - 1) * size + i]) {
          assert.equal(question[cell], MAZE.wall);
        }
      }
      const path = answer.filter((kind) => kind === MAZE.path).length;
      assert.equal(path, length - 1);
      assert.deepEqual(
        answer.map((kind) => (kind === MAZE.path ? MAZE.open : kind)),
        question,
      );
    }),
  );
});

test("without loops there is one way to every room, with loops there are more", () => {
  const ways = (loops: number) =>
    allWays(mazeGenerator({ size: 9, loops, minLength: 6 }, createRandom(4))().question, 9).length;
  assert.equal(ways(0), 1);
  assert.ok(ways(0.5) > 1);
});

test("the length filter keeps its bounds, and says when they cannot be met", () => {
  const next = mazeGenerator({ size: 30, minLength: 111, maxLength: 140 }, createRandom(1));
  for (let i = 0; i < 10; i++) {
    const { length, question } = next();
    assert.ok(length >= 111 && length <= 140);
    assert.equal(question.length, 900);
  }
  assert.throws(
    mazeGenerator({ size: 5, minLength: 50 }, createRandom(1)),
    /no 5x5 maze with a shortest path of at least 50 steps/,
  );
});

test("bad options are refused", () => {
  const random = createRandom(1);
  assert.throws(() => mazeGenerator({ size: 4 }, random), /size must be an integer of at least 5, got 4/);
  assert.throws(
    () => mazeGenerator({ size: 9, loops: 2 }, random),
    /loops must be a share from 0 to 1, got 2/,
  );
  assert.throws(() => mazeGenerator({ size: 9, minLength: 9, maxLength: 8 }, random), /more than maxLength/);
});

test("the checker takes any shortest way, and nothing else", () => {
  const question = parseMaze(SMALL);
  const at = (row: number, column: number): number => row * 7 + column;
  const drawn = (...cells: number[]): Uint8Array => {
    const answer = question.slice();
    for (const cell of cells) answer[cell] = MAZE.path;
    return answer;
  };
  const right = [at(1, 2), at(1, 3), at(1, 4), at(1, 5), at(2, 5), at(3, 5), at(3, 4)];
  const left = [at(2, 1), at(3, 1), at(4, 1), at(5, 1), at(5, 2), at(5, 3), at(4, 3)];
  const both = { shortest: 8, length: 8, pathCells: 7, changed: [] };
  assert.deepEqual(checkMaze(question, drawn(...right)), { solved: true, ...both });
  assert.deepEqual(checkMaze(question, drawn(...left)), { solved: true, ...both });
  assert.equal(checkMaze(question, drawn(...right, at(5, 5))).solved, false, "a stray cell");
  assert.equal(checkMaze(question, drawn(...right, ...left)).solved, false, "both ways");
  assert.equal(checkMaze(question, drawn(...right.slice(1))).length, -1, "a gap");
  const detour = [...left.slice(0, 6), at(5, 4), at(5, 5), at(4, 5), at(3, 5), at(3, 4)];
  assert.deepEqual(checkMaze(question, drawn(...detour)), {
    ...both,
    solved: false,
    length: 12,
    pathCells: 11,
  });
  const throughWall = drawn(...right, at(2, 2));
  assert.deepEqual(checkMaze(question, throughWall).changed, [at(2, 2)]);
  assert.equal(checkMaze(question, throughWall).solved, false);
  assert.equal(checkMaze(question, question).solved, false, "no path");
  assert.throws(() => checkMaze(question, new Uint8Array(3)), /the answer has 3 cells, the maze 49/);
});

test("a maze survives being written and read, on one line and in lines", () => {
  const next = mazeGenerator({ size: 9 }, createRandom(1));
  const mazes = Array.from({ length: 10 }, next);
  for (const { question, answer } of mazes) {
    assert.deepEqual(parseMaze(formatMaze(question)), question);
    const rows = formatMaze(answer).replace(/.{9}/g, "$&\n");
    assert.deepEqual(parseMaze(rows), answer);
    assert.deepEqual(parseMaze(rows.replaceAll(" ", ".").replaceAll("\n", " ")), answer);
  }
});

test("bad mazes are refused, naming the cell", () => {
  const line = formatMaze(parseMaze(SMALL));
  assert.throws(() => parseMaze(line.slice(1)), /maze: has 48 cells, which is not a square/);
  assert.throws(
    () => parseMaze(line.replace("S", "x")),
    /maze: row 2, column 2 is "x", expected one of "# SGo"/,
  );
  assert.throws(() => parseMaze(line.replace("G", " ")), /maze: has 0 cells marked as goal G, expected one/);
});

test("rotated and mirrored mazes have the same form, others not", () => {
  fc.assert(
    fc.property(anyMaze, fc.nat(DIHEDRAL_COUNT - 1), (maze, transform) => {
      const { size, question } = maze;
      const turned = dihedral({ rows: size, columns: size, cells: question }, transform).cells;
      assert.equal(mazeForm({ ...maze, question: turned }), mazeForm(maze));
      const other = question.slice();
      other[question.indexOf(MAZE.start)] = MAZE.open;
      assert.notEqual(mazeForm({ ...maze, question: other }), mazeForm(maze));
    }),
    { numRuns: 40 },
  );
});

test("the picture shows cells and marks", () => {
  const picture = mazePicture(parseMaze("#####S G######oo########o#".slice(0, 25).padEnd(25, "#")), (cell) =>
    cell === 14 ? "× " : null,
  );
  assert.equal(picture.split("\n")[1], "S   G ████");
  assert.equal(picture.split("\n")[2], "████████× ");
});
