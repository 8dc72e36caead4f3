import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Box,
  canonicalForm,
  clueCount,
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

const boxes: fc.Arbitrary<Box> = fc.constantFrom<Box[]>([2, 2], [2, 3], [3, 2], [3, 3]);

test("a puzzle with a number of clues has that many, and one solution", () => {
  fc.assert(
    fc.property(boxes, fc.integer(), fc.integer({ min: 0, max: 4 }), (box, seed, more) => {
      const clues = { 4: 6, 6: 14, 9: 30 }[box[0] * box[1]]! + more;
      const { puzzle, solution } = sudokuGenerator(box, createRandom(seed), { difficulty: "mixed", clues })();
      assert.equal(clueCount(puzzle), clues);
      assert.deepEqual(sudokuSolver(box)(puzzle).first, solution);
      assert.equal(sudokuSolver(box)(puzzle).solutions, 1);
    }),
    { numRuns: 30 },
  );
});

test("singles solve a puzzle of singles, and fewer clues would not do", () => {
  fc.assert(
    fc.property(boxes, fc.integer(), (box, seed) => {
      const solver = sudokuSolver(box);
      const { puzzle, rating } = sudokuGenerator(box, createRandom(seed), { difficulty: "singles" })();
      assert.deepEqual([rating, solver(puzzle).solutions], [0, 1]);
      puzzle.forEach((digit, cell) => {
        if (digit === 0) return;
        const fewer = puzzle.slice();
        fewer[cell] = 0;
        assert.ok(solver(fewer).guesses > 0);
      });
    }),
    { numRuns: 20 },
  );
});

test("ratings lie in the band that was asked for", () => {
  const next = sudokuGenerator([3, 3], createRandom(2), { ratings: [2, 6] });
  const ratings = Array.from({ length: 20 }, () => next().rating);
  assert.ok(
    ratings.every((rating) => rating >= 2 && rating <= 6),
    String(ratings),
  );
});

test("contradictory and impossible wishes are named", () => {
  const generator = (options: object) => () => sudokuGenerator([2, 2], createRandom(1), options)();
  assert.throws(
    generator({ difficulty: "minimal", clues: 5 }),
    /clues: minimal puzzles have as many as they need/,
  );
  assert.throws(generator({ difficulty: "mixed" }), /clues: difficulty "mixed" needs their number/);
  assert.throws(
    generator({ difficulty: "mixed", clues: 17 }),
    /clues: 17 is not a whole number from 1 to 16/,
  );
  assert.throws(generator({ ratings: [3, 2] }), /ratings: 3 to 2 is empty/);
  assert.throws(
    generator({ difficulty: "mixed", clues: 2 }),
    /1000 tries gave no 4x4 Sudoku with .*"clues":2/,
  );
});
