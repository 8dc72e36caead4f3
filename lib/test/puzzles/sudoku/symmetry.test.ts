import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  applySymmetry,
  canonicalForm,
  checkSudoku,
  clueCount,
  formatGrid,
  type Grid,
  geometry,
  parseGrid,
  randomSymmetry,
  sudokuGenerator,
  sudokuSolver,
} from "../../../src/puzzles";
import { createRandom } from "../../../src/random";
import { anyPuzzle, BOXES } from "./support";

test("a symmetry keeps a puzzle valid, unique, and with as many clues", () => {
  fc.assert(
    fc.property(anyPuzzle, ({ puzzle, solution, box, seed }) => {
      const symmetry = randomSymmetry(box, createRandom(seed));
      const changed = applySymmetry(puzzle, symmetry);
      const changedSolution = applySymmetry(solution, symmetry);
      assert.ok(checkSudoku(changedSolution, box, changed).solved);
      assert.equal(clueCount(changed), clueCount(puzzle));
      assert.equal(sudokuSolver(box)(changed).solutions, 1);
    }),
    { numRuns: 100 },
  );
});

test("symmetries reach every place a cell can go to, evenly", () => {
  for (const box of BOXES) {
    const { cells } = geometry(box);
    const random = createRandom(1);
    const draws = 200 * cells;
    const counts = new Array<number>(cells).fill(0);
    for (let i = 0; i < draws; i++) counts[randomSymmetry(box, random).cells[0]]++;
    for (const count of counts) assert.ok(Math.abs(count - 200) < 80, `${box}: ${counts}`);
  }
});

test("rows stay rows when boxes are not square; square ones are transposed half of the time", () => {
  const random = createRandom(1);
  const transposed = (box: readonly [number, number]): number => {
    const { side } = geometry(box);
    let count = 0;
    for (let i = 0; i < 1000; i++) {
      const { cells } = randomSymmetry(box, random);
      if (Math.floor(cells[0] / side) !== Math.floor(cells[1] / side)) count++;
    }
    return count;
  };
  assert.equal(transposed([2, 3]), 0);
  assert.equal(transposed([3, 2]), 0);
  assert.ok(Math.abs(transposed([3, 3]) - 500) < 80);
});

test("the canonical form is the same for all symmetric forms of a puzzle, and is one of them", () => {
  fc.assert(
    fc.property(anyPuzzle, ({ puzzle, solution, box, seed }) => {
      const form = canonicalForm(puzzle, solution, box);
      const symmetry = randomSymmetry(box, createRandom(seed).fork("symmetry"));
      const changedSolution = applySymmetry(solution, symmetry);
      assert.equal(canonicalForm(applySymmetry(puzzle, symmetry), changedSolution, box), form);
      const canonical = parseGrid(form, box);
      const { solutions, first } = sudokuSolver(box)(canonical);
      assert.equal(solutions, 1);
      assert.equal(canonicalForm(canonical, first!, box), form);
    }),
    { numRuns: 100 },
  );
});

test("the canonical form tells apart exactly what brute force over all symmetries tells apart", () => {
  // 4x4: all symmetries, from the definition: digits, bands and rows, stacks and columns, transposition.
  const box = [2, 2] as const;
  const orders = [
    [0, 1, 2, 3],
    [1, 0, 2, 3],
    [0, 1, 3, 2],
    [1, 0, 3, 2],
  ].flatMap((o) => [o, [...o.slice(2), ...o.slice(0, 2)]]);
  const relabelled = (grid: Grid): string => {
    const names = new Map<number, number>();
    return [...grid]
      .map((d) => (d === 0 ? 0 : (names.get(d) ?? names.set(d, names.size + 1).get(d))))
      .join("");
  };
  const allForms = (puzzle: Grid): string[] =>
    orders.flatMap((rows) =>
      orders.flatMap((columns) =>
        [false, true].map((transpose) =>
          relabelled(
            puzzle.map((_, i) => {
              const [row, column] = [rows[Math.floor(i / 4)], columns[i % 4]];
              return puzzle[transpose ? column * 4 + row : row * 4 + column];
            }),
          ),
        ),
      ),
    );
  const next = sudokuGenerator(box, createRandom(5));
  const pairs = new Map<string, string>();
  for (let i = 0; i < 600; i++) {
    const { puzzle, solution } = next();
    const slow = allForms(puzzle).sort()[0];
    const fast = canonicalForm(puzzle, solution, box);
    assert.equal(pairs.get(slow) ?? fast, fast);
    pairs.set(slow, fast);
  }
  assert.equal(new Set(pairs.values()).size, pairs.size);
  assert.ok(pairs.size <= 36, "there are 36 minimal 4x4 puzzles up to symmetry");
});

test("a different puzzle of the same solution has another canonical form", () => {
  const { puzzle, solution } = sudokuGenerator([3, 3], createRandom(2))();
  const more = puzzle.slice();
  const blank = puzzle.indexOf(0);
  more[blank] = solution[blank];
  assert.notEqual(canonicalForm(more, solution, [3, 3]), canonicalForm(puzzle, solution, [3, 3]));
  assert.notEqual(formatGrid(more), formatGrid(puzzle));
});
