import assert from "node:assert/strict";
import { test } from "node:test";
import { mazeCells, mazeDataset, mazeRows, mazeTask, mazeTokens, trainSampler } from "../../src/batches";
import { checkMaze, mazeForm } from "../../src/puzzles";

test("tokens and cells are each other's opposite, and padding is no cell", () => {
  assert.deepEqual([...mazeTokens([0, 1, 2, 3, 4])], [1, 2, 3, 4, 5]);
  assert.deepEqual([...mazeCells([1, 5, 0])], [0, 4, 255]);
});

test("tokens become rows of text, also where a model answers with padding", () => {
  assert.deepEqual(mazeRows([1, 2, 3, 0, 5, 4, 1, 1, 1]), ["# S", "?oG", "###"]);
  assert.throws(() => mazeRows([1, 2, 3]), /the maze has 3 tokens, which is not a square/);
});

test("a task holds out mazes that are no rotated or mirrored training maze", () => {
  const task = mazeTask({ size: 7, minLength: 4, train: 300, test: 100, seed: 1 });
  const train = new Set(task.puzzles.train.map(mazeForm));
  assert.equal(train.size, 300);
  assert.ok(task.puzzles.test.every((maze) => !train.has(mazeForm(maze))));
  assert.deepEqual(task.train, mazeTask({ size: 7, minLength: 4, train: 300, test: 100, seed: 1 }).train);
});

test("augmenting on the fly gives turned mazes with their answers, in all eight ways", () => {
  const task = mazeTask({ size: 9, train: 1, test: 1, seed: 2 });
  const [maze] = task.puzzles.train;
  const sampler = trainSampler(task.train, { batchSize: 1, seed: 1, augment: task.augment });
  const seen = new Set<string>();
  for (let i = 0; i < 100; i++) {
    const { inputs, labels } = sampler.next();
    const question = mazeCells(inputs);
    assert.ok(checkMaze(question, mazeCells(labels)).solved);
    assert.equal(mazeForm({ ...maze, question }), mazeForm(maze));
    seen.add(question.join(""));
  }
  assert.equal(seen.size, 8);
});

test("an empty dataset is refused", () => {
  assert.throws(() => mazeDataset([], { name: "none" }), /dataset "none" needs at least one maze/);
});
