import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Box,
  checkSudoku,
  clueCount,
  formatGrid,
  geometry,
  parseGrid,
  sudokuPicture,
} from "../../../src/puzzles";
import { anyPuzzle } from "./support";

test("a grid survives being written and read, on one line, with zeros, and as a picture", () => {
  fc.assert(
    fc.property(anyPuzzle, ({ puzzle, box }) => {
      const line = formatGrid(puzzle);
      assert.deepEqual(parseGrid(line, box), puzzle);
      assert.deepEqual(parseGrid(line.replaceAll(".", "0"), box), puzzle);
      assert.deepEqual(parseGrid(sudokuPicture(puzzle, box), box), puzzle);
      assert.equal(clueCount(puzzle), line.replaceAll(".", "").length);
    }),
    { numRuns: 30 },
  );
});

test("the picture shows boxes and marks", () => {
  const grid = parseGrid("1...5. .2.... 3....6 ...4.. ..5... 6....1", [2, 3]);
  const picture = sudokuPicture(grid, [2, 3], (cell) => (cell === 35 ? "!" : " "));
  assert.equal(
    picture,
    [
      "┌───────┬───────┐",
      "│ 1 . . │ . 5 . │",
      "│ . 2 . │ . . . │",
      "├───────┼───────┤",
      "│ 3 . . │ . . 6 │",
      "│ . . . │ 4 . . │",
      "├───────┼───────┤",
      "│ . . 5 │ . . . │",
      "│ 6 . . │ . . 1!│",
      "└───────┴───────┘",
    ].join("\n"),
  );
});

test("bad grids are refused, naming the cell or the size", () => {
  assert.throws(
    () => parseGrid("12x4............", [2, 2]),
    /puzzle: cell 3 \(row 1, column 3\) is "x", expected 1 to 4/,
  );
  assert.throws(() => parseGrid("1235............", [2, 2]), /cell 4 \(row 1, column 4\) is "5"/);
  assert.throws(() => parseGrid("123", [2, 2], "question"), /question: has 3 cells, a 4x4 Sudoku has 16/);
  for (const box of [
    [1, 4],
    [4, 4],
    [2.5, 2],
    [2, Number.NaN],
  ] as Box[]) {
    assert.throws(() => geometry(box), /box must be \[rows, columns\]/);
  }
});

test("every cell has the peers of its row, column and box", () => {
  assert.equal(geometry([3, 3]).peersPerCell, 20);
  assert.equal(geometry([2, 3]).peersPerCell, 12);
  const { peers, peersPerCell } = geometry([2, 3]);
  const ofCell8 = [...peers.subarray(8 * peersPerCell, 9 * peersPerCell)].sort((a, b) => a - b);
  assert.deepEqual(ofCell8, [0, 1, 2, 6, 7, 9, 10, 11, 14, 20, 26, 32]);
});

test("the checker finds repeats, blanks and changed clues, and nothing in a solution", () => {
  fc.assert(
    fc.property(
      anyPuzzle,
      fc.nat(),
      fc.integer({ min: 1, max: 8 }),
      ({ puzzle, solution, box }, at, step) => {
        const { side, cells } = geometry(box);
        const clean = { solved: true, complete: true, conflicts: [], changedClues: [] };
        assert.deepEqual(checkSudoku(solution, box, puzzle), clean);
        const cell = at % cells;
        const wrong = solution.slice();
        wrong[cell] = ((solution[cell] - 1 + 1 + ((step - 1) % (side - 1))) % side) + 1;
        const found = checkSudoku(wrong, box, puzzle);
        assert.equal(found.solved, false);
        assert.ok(found.conflicts.includes(cell));
        assert.deepEqual(found.changedClues, puzzle[cell] === 0 ? [] : [cell]);
        const open = solution.slice();
        open[cell] = 0;
        const { complete, solved, conflicts } = checkSudoku(open, box);
        assert.deepEqual({ complete, solved, conflicts }, { complete: false, solved: false, conflicts: [] });
      },
    ),
    { numRuns: 50 },
  );
  assert.throws(() => checkSudoku(new Uint8Array(16), [2, 3]), /answer has 16 cells, expected 36/);
});
