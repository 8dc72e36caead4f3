import assert from "node:assert/strict";
import { test } from "node:test";
import {
  exampleCount,
  groupCount,
  sudokuAugment,
  sudokuDataset,
  sudokuDigits,
  sudokuTask,
  sudokuTokens,
  trainSampler,
} from "../../src/batches";
import { canonicalForm, checkSudoku, sudokuGenerator, sudokuSolver } from "../../src/puzzles";
import { createRandom } from "../../src/random";
import { exampleOf, officialDataset } from "./support";

test("the dataset has the layout of the official builder", () => {
  const official = officialDataset("sudoku", "train");
  const solver = sudokuSolver([3, 3]);
  const puzzles = Array.from({ length: groupCount(official) }, (_, group) => {
    const first = official.puzzleIndices[official.groupIndices[group]];
    const { inputs, labels } = exampleOf(official, first);
    const puzzle = sudokuDigits(inputs);
    assert.deepEqual(solver(puzzle).first, sudokuDigits(labels));
    return { puzzle, solution: sudokuDigits(labels), rating: 0, source: "official" };
  });
  const ours = sudokuDataset(puzzles, {
    box: [3, 3],
    name: official.name,
    augmentations: 3,
    random: createRandom(1),
  });
  const { inputs: officialInputs, labels: officialLabels, ...officialFacts } = official;
  const { inputs, labels, ...facts } = ours;
  assert.deepEqual(facts, officialFacts);
  // The first of a group is not augmented; the others are symmetric forms of it, in the official folder and in ours.
  for (let group = 0; group < puzzles.length; group++) {
    const { puzzle, solution } = puzzles[group];
    const form = canonicalForm(puzzle, solution, [3, 3]);
    assert.deepEqual(exampleOf(ours, 4 * group), exampleOf(official, 4 * group));
    for (const dataset of [ours, official]) {
      for (let copy = 1; copy < 4; copy++) {
        const augmented = exampleOf(dataset, 4 * group + copy);
        const [question, answer] = [sudokuDigits(augmented.inputs), sudokuDigits(augmented.labels)];
        assert.notDeepEqual(question, puzzle);
        assert.equal(canonicalForm(question, answer, [3, 3]), form);
      }
    }
  }
});

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
