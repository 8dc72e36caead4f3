import assert from "node:assert/strict";
import { test } from "node:test";
import { parseGrid, sudokuProblem } from "trm/puzzles";
import { named, trainable } from "../../src/page/models";
import { brokenCells, problemOf, randomPuzzle, readPuzzle } from "../../src/page/puzzles";

const all = Object.values({ ...named, ...trainable });

test("every puzzle of the lists has one solution, and so has a random one", () => {
  for (const { box, clues, puzzles } of all)
    for (const line of [...puzzles, randomPuzzle(box, clues)])
      assert.equal(sudokuProblem(parseGrid(line, box), box), undefined, line);
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
