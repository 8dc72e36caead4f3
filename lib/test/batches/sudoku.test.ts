import assert from "node:assert/strict";
import { test } from "node:test";
import {
  exampleCount,
  puzzleKind,
  sudokuAugment,
  sudokuDataset,
  sudokuDigits,
  sudokuTask,
  sudokuTokens,
  trainSampler,
} from "../../src/batches";
import { canonicalForm, checkSudoku, parseGrid, sudokuGenerator } from "../../src/puzzles";
import { createRandom } from "../../src/random";

test("tokens and digits are each other's opposite", () => {
  const { puzzle } = sudokuGenerator([2, 3], createRandom(1))();
  assert.deepEqual(sudokuDigits(sudokuTokens(puzzle)), puzzle);
  assert.deepEqual([...sudokuTokens([0, 1, 6])], [1, 2, 7]);
});

test("a task holds out puzzles that are no symmetric form of a training puzzle", () => {
  for (const box of [
    [2, 3],
    [3, 3],
  ] as const) {
    const task = sudokuTask({ box, train: 120, test: 60, seed: 3 });
    const forms = ({ puzzle, solution }: (typeof task.puzzles.train)[number]) =>
      canonicalForm(puzzle, solution, box);
    const train = new Set(task.puzzles.train.map(forms));
    assert.equal(train.size, 120);
    assert.ok(task.puzzles.test.every((puzzle) => !train.has(forms(puzzle))));
    assert.deepEqual([exampleCount(task.train), exampleCount(task.test)], [120, 60]);
    assert.deepEqual(task.train, sudokuTask({ box, train: 120, test: 60, seed: 3 }).train);
  }
});

test("a 4x4 task holds out puzzles that do not occur in training", () => {
  const { train, test: heldOut } = sudokuTask({ box: [2, 2], train: 800, test: 200, seed: 1 }).puzzles;
  const seen = new Set(train.map(({ puzzle }) => puzzle.join("")));
  assert.ok(heldOut.every(({ puzzle }) => !seen.has(puzzle.join(""))));
});

test("augmented copies lie in the group of their puzzle, and need a source of chance", () => {
  const { train } = sudokuTask({ box: [2, 2], train: 10, test: 1, seed: 1, augmentations: 4 });
  assert.equal(exampleCount(train), 50);
  assert.deepEqual([...train.groupIndices], [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50]);
  assert.throws(
    () => sudokuDataset([], { box: [2, 2], name: "x", augmentations: 1 }),
    /augmentations need `random`/,
  );
});

test("augmenting on the fly gives valid puzzles, other ones in every epoch", () => {
  const task = sudokuTask({ box: [2, 3], train: 16, test: 1, seed: 1 });
  const sampler = trainSampler(task.train, { batchSize: 16, seed: 1, augment: sudokuAugment([2, 3]) });
  const seen = new Set<string>();
  for (let epoch = 0; epoch < 5; epoch++) {
    const { inputs, labels } = sampler.next();
    for (let row = 0; row < 16; row++) {
      const question = sudokuDigits(inputs.subarray(36 * row, 36 * (row + 1)));
      const answer = sudokuDigits(labels.subarray(36 * row, 36 * (row + 1)));
      assert.ok(checkSudoku(answer, [2, 3], question).solved);
      seen.add(question.join(""));
    }
  }
  assert.equal(seen.size, 80);
});

test("a task of newspaper puzzles has their number of clues, in both halves", () => {
  const task = sudokuTask({ box: [3, 3], train: 8, test: 4, seed: 1, difficulty: "singles", clues: 34 });
  for (const { puzzle, rating } of [...task.puzzles.train, ...task.puzzles.test]) {
    assert.deepEqual([puzzle.filter((digit) => digit > 0).length, rating], [34, 0]);
  }
});

test("the kind of a puzzle comes from its hints where cells and tokens fit several", () => {
  const six = { seqLen: 36, vocabSize: 8 };
  const answer = Uint8Array.from("123456345612561234214365436521652143", Number);
  assert.equal(puzzleKind(six, { box: [3, 2] }).isSolved(answer, answer), true);
  assert.equal(puzzleKind(six).isSolved(answer, answer), false);
  assert.throws(
    () => puzzleKind(six, { box: [3, 3] }),
    /boxes of 3x3 do not fill 36 cells; it can be 2x3 or 3x2/,
  );
  const four = { seqLen: 16, vocabSize: 6 };
  assert.equal(puzzleKind(four).format(Uint8Array.of(1, 2)), "12");
  assert.equal(puzzleKind(four, { kind: "maze" }).format(Uint8Array.of(0, 1)), "# ");
});

test("the fault of a question is named", () => {
  const problem = (text: string) => puzzleKind({ seqLen: 16, vocabSize: 6 }).problem(parseGrid(text, [2, 2]));
  assert.equal(problem("11.............."), "the clues at row 1, column 1 and row 1, column 2 are both 1");
  assert.equal(problem("1....1.........."), "the clues at row 1, column 1 and row 2, column 2 are both 1");
  assert.equal(problem("1234341221434321"), undefined);
  assert.equal(problem("123............4"), "no solution exists");
  assert.equal(problem("1..............."), "more than one solution exists");
  const maze = puzzleKind({ seqLen: 25, vocabSize: 6 });
  assert.equal(maze.problem(maze.parse("######S# ####### #G######")), "no way leads from S to G");
});
