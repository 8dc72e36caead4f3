import assert from "node:assert/strict";
import { test } from "node:test";
import { checkDataset, type Dataset, datasetBuilder, type MemoryDataset } from "../../src/batches/dataset";

function example(): MemoryDataset {
  const builder = datasetBuilder(
    {
      name: "tiny",
      seqLen: 2,
      vocabSize: 4,
      padId: 0,
      ignoreLabelId: null,
      blankIdentifierId: 0,
      numPuzzleIdentifiers: 3,
    },
    1,
  );
  builder.example([1, 2], [3, 3]);
  builder.example([2, 2], [1, 3]);
  builder.endPuzzle(2);
  builder.endGroup();
  builder.example([1, 1], [1, 1]);
  builder.endPuzzle();
  builder.example([3, 1], [1, 1]);
  builder.endPuzzle(1);
  builder.endGroup();
  return builder.build();
}

test("the builder makes the official index arrays, growing past its capacity", () => {
  const dataset = example();
  assert.deepEqual([...dataset.inputs], [1, 2, 2, 2, 1, 1, 3, 1]);
  assert.deepEqual([...dataset.labels], [3, 3, 1, 3, 1, 1, 1, 1]);
  assert.deepEqual([...dataset.puzzleIdentifiers], [2, 0, 1]);
  assert.deepEqual([...dataset.puzzleIndices], [0, 2, 3, 4]);
  assert.deepEqual([...dataset.groupIndices], [0, 1, 3]);
});

test("a dataset whose arrays disagree is refused, naming the field", () => {
  const dataset = example();
  const wrong: [Partial<Dataset>, RegExp][] = [
    [{ seqLen: 3 }, /dataset "tiny": inputs holds 8 tokens, no multiple of seqLen 3/],
    [{ labels: new Uint8Array(6) }, /labels holds 6 tokens, inputs 8/],
    [{ vocabSize: 3 }, /inputs entry 6 is 3, must be at least 0 and less than 3/],
    [{ puzzleIndices: Int32Array.of(0, 2, 3) }, /puzzleIndices must have 4 entries, has 3/],
    [{ puzzleIndices: Int32Array.of(0, 2, 2, 4) }, /puzzleIndices must increase, entry 2 is 2 after 2/],
    [{ groupIndices: Int32Array.of(0, 1, 2) }, /groupIndices must end with 3, ends with 2/],
    [{ groupIndices: Int32Array.of(1, 3) }, /groupIndices must start with 0/],
    [{ numPuzzleIdentifiers: 2 }, /puzzleIdentifiers entry 0 is 2/],
  ];
  for (const [change, message] of wrong)
    assert.throws(() => checkDataset({ ...dataset, ...change }), message);
});

test("an example of the wrong length is refused", () => {
  const { inputs: _inputs, ...facts } = example();
  assert.throws(() => datasetBuilder(facts).example([1], [1, 2]), /has 2 tokens, got 1 inputs and 2 labels/);
});
