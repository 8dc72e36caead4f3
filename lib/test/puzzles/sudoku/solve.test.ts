import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Box,
  checkSudoku,
  formatGrid,
  geometry,
  parseGrid,
  type SudokuSolver,
  sudokuSolver,
} from "../../../src/puzzles";
import { createRandom } from "../../../src/random";
import { anyPuzzle, BOXES, bruteForceCount } from "./support";

const SOLVERS = new Map<Box, SudokuSolver>(BOXES.map((box) => [box, sudokuSolver(box)]));

test("the solver counts as many solutions as brute force, contradictions included", () => {
  const boxes = BOXES.slice(0, 3);
  const limit = 20;
  fc.assert(
    fc.property(
      fc.constantFrom(...boxes),
      fc.integer(),
      fc.double({ min: 0.3, max: 1, noNaN: true }),
      fc.boolean(),
      (box, seed, kept, spoilt) => {
        const { side, cells } = geometry(box);
        const random = createRandom(seed);
        const solver = SOLVERS.get(box)!;
        const puzzle = solver(new Uint8Array(cells), { limit: 1, random }).first!;
        for (const cell of random.permutation(cells).subarray(Math.ceil(kept * cells))) puzzle[cell] = 0;
        if (spoilt) puzzle[random.int(0, cells)] = random.int(1, side + 1);
        assert.equal(solver(puzzle, { limit }).solutions, bruteForceCount(puzzle, box, limit));
      },
    ),
    { numRuns: 120 },
  );
});

test("there are 288 solved 4x4 grids", () => {
  assert.equal(sudokuSolver([2, 2])(new Uint8Array(16), { limit: 1000 }).solutions, 288);
});

test("the first solution solves the puzzle, and `except` excludes just that digit", () => {
  fc.assert(
    fc.property(anyPuzzle, fc.nat(), ({ puzzle, solution, box }, at) => {
      const solver = sudokuSolver(box);
      assert.deepEqual(solver(puzzle).first, solution);
      const cell = at % solution.length;
      assert.equal(solver(puzzle, { except: { cell, digit: solution[cell] } }).solutions, 0);
      const other =
        (solution[cell] % box[0]) + 1 === solution[cell] ? solution[cell] - 1 : (solution[cell] % box[0]) + 1;
      assert.equal(solver(puzzle, { except: { cell, digit: other } }).solutions, 1);
    }),
    { numRuns: 40 },
  );
});

test("random solutions are valid and vary, and the seed fixes them", () => {
  for (const box of BOXES) {
    const solve = (seed: number) => {
      const { cells } = geometry(box);
      return sudokuSolver(box)(new Uint8Array(cells), { limit: 1, random: createRandom(seed) }).first!;
    };
    assert.ok(checkSudoku(solve(1), box).solved);
    assert.deepEqual(solve(1), solve(1));
    assert.ok(new Set([1, 2, 3, 4, 5].map((seed) => formatGrid(solve(seed)))).size > 1);
  }
});

test("a puzzle of another size is refused", () => {
  assert.throws(
    () => sudokuSolver([2, 2])(parseGrid(".".repeat(36), [2, 3])),
    /4x4 Sudoku has 16 cells, this puzzle has 36/,
  );
});
