import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  canonicalForm,
  distinct,
  formatGrid,
  sudokuForm,
  sudokuGenerator,
  sudokuSolver,
} from "../../../src/puzzles";
import { createRandom } from "../../../src/random";
import { anyPuzzle, bruteForceCount } from "./support";

test("a generated puzzle has one solution, and loses that without any one of its clues", () => {
  fc.assert(
    fc.property(anyPuzzle, ({ puzzle, solution, box, rating }) => {
      const solver = sudokuSolver(box);
      const { solutions, first, guesses } = solver(puzzle);
      assert.deepEqual({ solutions, first, guesses }, { solutions: 1, first: solution, guesses: rating });
      puzzle.forEach((digit, cell) => {
        if (digit === 0) return;
        const fewer = puzzle.slice();
        fewer[cell] = 0;
        assert.equal(solver(fewer).solutions, 2);
      });
    }),
    { numRuns: 40 },
  );
});

test("brute force agrees that small puzzles have one solution", () => {
  const next = sudokuGenerator([2, 2], createRandom(9));
  for (let i = 0; i < 50; i++) assert.equal(bruteForceCount(next().puzzle, [2, 2], 2), 1);
});

test("the seed fixes the puzzles", () => {
  const puzzles = (seed: number): string[] => {
    const next = sudokuGenerator([2, 3], createRandom(seed));
    return Array.from({ length: 5 }, () => formatGrid(next().puzzle));
  };
  assert.deepEqual(puzzles(1), puzzles(1));
  assert.notDeepEqual(puzzles(1), puzzles(2));
});

test("distinct puzzles are distinct up to symmetry, and 4x4 ones literally", () => {
  const six = distinct(sudokuGenerator([2, 3], createRandom(1)), 500, (puzzle) => sudokuForm(puzzle, [2, 3]));
  assert.equal(new Set(six.map(({ puzzle, solution }) => canonicalForm(puzzle, solution, [2, 3]))).size, 500);
  const four = distinct(sudokuGenerator([2, 2], createRandom(1)), 500, (puzzle) =>
    sudokuForm(puzzle, [2, 2]),
  );
  assert.equal(new Set(four.map(({ puzzle }) => formatGrid(puzzle))).size, 500);
});

test("a source without enough different puzzles is noticed", () => {
  const next = sudokuGenerator([2, 2], createRandom(1));
  const upToSymmetry = () =>
    distinct(next, 37, ({ puzzle, solution }) => canonicalForm(puzzle, solution, [2, 2]));
  assert.throws(upToSymmetry, /found only 3[0-6] different puzzles of this kind, 37 were asked for/);
});
