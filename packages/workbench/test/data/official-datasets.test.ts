import assert from "node:assert/strict";
import { test } from "node:test";
import { groupCount, mazeCells, mazeDataset, sudokuDataset, sudokuDigits } from "trm/batches";
import { canonicalForm, checkMaze, type MazePuzzle, sudokuSolver } from "trm/puzzles";
import { createRandom } from "trm/random";
import { exampleOf, officialDataset } from "./support";

test("the maze dataset is the one that the official builder writes", () => {
  for (const split of ["train", "test"] as const) {
    const official = officialDataset("maze", split);
    const mazes = Array.from({ length: groupCount(official) }, (_, group): MazePuzzle => {
      const { inputs, labels } = exampleOf(official, official.puzzleIndices[official.groupIndices[group]]);
      const [question, answer] = [mazeCells(inputs), mazeCells(labels)];
      const { solved, length } = checkMaze(question, answer);
      assert.ok(solved);
      return { size: 30, question, answer, length, source: "official" };
    });
    const ours = mazeDataset(mazes, { name: official.name, dihedral: split === "train" });
    assert.deepEqual(ours, official);
  }
});

test("the Sudoku dataset has the layout of the official builder", () => {
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
