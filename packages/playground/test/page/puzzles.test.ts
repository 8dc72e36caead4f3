import assert from "node:assert/strict";
import { test } from "node:test";
import { MAZE, mazeAnswer, parseGrid } from "trm/puzzles";
import { named, trainable } from "../../src/page/models";
import { brokenCells, problemOf, readPuzzle } from "../../src/page/puzzles";

const all = Object.values({ ...named, ...trainable });

test("every puzzle of the lists has one solution, and so has a random one", () => {
  for (const { kind, puzzles } of all)
    for (const line of [...puzzles, kind.random()]) {
      const read = kind.read(line);
      assert.ok("clues" in read, line);
      assert.equal(kind.problem(read.clues), undefined, line);
      assert.equal(kind.line(read.clues), line);
    }
});

const changed = (cells: Uint8Array, at: number, value: number): Uint8Array =>
  cells.map((cell, i) => (i === at ? value : cell));

test("a maze is read, drawn and judged", () => {
  const { kind } = named.maze;
  const line = kind.random();
  const cells = (kind.read(line) as { clues: Uint8Array }).clues;
  const answer = mazeAnswer(cells)!;
  assert.deepEqual([kind.broken(answer, cells), kind.missing(answer, cells)], [[], 0]);
  const gap = changed(answer, answer.indexOf(MAZE.path), MAZE.open);
  assert.deepEqual([kind.broken(gap, cells), kind.missing(gap, cells)], [[], 1]);
  const wall = answer.indexOf(MAZE.wall);
  assert.deepEqual(kind.broken(changed(answer, wall, MAZE.path), cells), [wall]);
  // A new start takes the place of the old one.
  const moved = kind.put(cells, cells.indexOf(MAZE.open), MAZE.start);
  assert.equal(moved.filter((cell) => cell === MAZE.start).length, 1);
  assert.match(kind.problem(kind.put(cells, cells.indexOf(MAZE.goal), MAZE.open))!, /no goal G/);
  const closed = cells.map((cell) => (cell === MAZE.open ? MAZE.wall : cell));
  assert.match(kind.problem(closed)!, /no way leads from S to G/);
  const problem = (text: string) => (kind.read(text) as { problem: string }).problem;
  assert.match(problem("123"), /The maze has "1"; its cells are # for a wall/);
  assert.match(problem("S.G"), /The maze has 3 cells; a maze of 7x7 has 49\./);
});

test("a puzzle of another size, letters and too few cells are each said in a sentence", () => {
  const problem = (text: string): string | undefined =>
    (readPuzzle(text, [2, 3]) as { problem?: string }).problem;
  assert.match(problem(named["9x9"].puzzles[0]!)!, /9x9 puzzle, but the board is 6x6/);
  assert.match(problem("hello")!, /row 1, column 1\) is "h", expected 1 to 6/);
  assert.match(problem("12")!, /has 2 cells, a 6x6 Sudoku has 36/);
  assert.equal(problem(named["6x6"].puzzles[0]!), undefined);
});

test("an empty board, clues that clash and a puzzle without a unique solution are told apart", () => {
  const problem = (line: string): string | undefined => problemOf(parseGrid(line, [2, 2]), [2, 2]);
  assert.match(problem(".".repeat(16))!, /empty/);
  assert.match(problem(`11${".".repeat(14)}`)!, /clues at row 1, column 1 and row 1, column 2 are both 1/);
  assert.match(problem(`1${".".repeat(15)}`)!, /more than one solution/);
  assert.match(problem("12...34.........")!, /no solution/);
});

test("a cell that clashes with a clue is the model's fault, not the clue's", () => {
  const clues = parseGrid("1...............", [2, 2]);
  const answer = parseGrid("11..............", [2, 2]);
  assert.deepEqual(brokenCells(answer, [2, 2], clues), [1]);
});
