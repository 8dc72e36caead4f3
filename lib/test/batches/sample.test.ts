import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Batch,
  type Dataset,
  datasetBuilder,
  exampleCount,
  groupCount,
  IGNORED_LABEL,
} from "../../src/batches/dataset";
import { testBatches, trainSampler } from "../../src/batches/sample";

const SEQ_LEN = 3;

/** `sizes[group][puzzle]` examples; token 1 of an example is its number, so that a batch row can be traced back. */
function traceable(sizes: readonly (readonly number[])[], name = "traceable"): Dataset {
  const builder = datasetBuilder({
    name,
    seqLen: SEQ_LEN,
    vocabSize: 250,
    padId: 0,
    ignoreLabelId: 0,
    blankIdentifierId: 0,
    numPuzzleIdentifiers: 100,
  });
  let example = 0;
  let identifier = 1;
  for (const group of sizes) {
    for (const size of group) {
      for (let i = 0; i < size; i++, example++) builder.example([1, example + 1, 2], [0, example + 1, 3]);
      builder.endPuzzle(identifier++);
    }
    builder.endGroup();
  }
  return builder.build();
}

const rows = (batch: Batch): number[] =>
  Array.from({ length: batch.count }, (_, row) => batch.inputs[row * SEQ_LEN + 1] - 1);

const groupSizes = fc.array(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }), {
  minLength: 4,
  maxLength: 12,
});

test("every group is taken once an epoch, with one whole puzzle of it", () => {
  fc.assert(
    fc.property(groupSizes, fc.integer(), (sizes, seed) => {
      const dataset = traceable(sizes);
      // Batches of 1 drop nothing only when every puzzle has one example, so flatten to one example per puzzle.
      const single = traceable(sizes.map((group) => group.map(() => 1)));
      const sampler = trainSampler(single, { batchSize: 1, seed });
      for (let epoch = 0; epoch < 2; epoch++) {
        const groups = Array.from({ length: sizes.length }, () => {
          const [example] = rows(sampler.next());
          return single.groupIndices.findIndex((first) => first > example) - 1;
        });
        assert.deepEqual(
          groups.sort((a, b) => a - b),
          [...sizes.keys()],
        );
      }
      // A batch as large as the smallest possible epoch holds no example twice.
      const batchSize = sizes.reduce((sum, group) => sum + Math.min(...group), 0);
      const batch = rows(trainSampler(dataset, { batchSize, seed }).next());
      assert.equal(new Set(batch).size, batchSize);
    }),
  );
});

test("a batch continues into the next epoch of an iteration, and the partial one at its end is dropped", () => {
  const dataset = traceable(Array.from({ length: 5 }, () => [1]));
  const sampler = trainSampler(dataset, { batchSize: 4, seed: 1, epochsPerIteration: 2 });
  const iteration = [...rows(sampler.next()), ...rows(sampler.next())];
  assert.deepEqual(iteration.slice(0, 5).sort(), [0, 1, 2, 3, 4]);
  assert.equal(new Set(iteration.slice(5)).size, 3);
  assert.equal(sampler.save().iteration, 1);
  sampler.next();
  assert.equal(sampler.save().iteration, 2);
  assert.equal(sampler.save().position, 4);
});

test("a sampler resumed from JSON gives bit for bit the batches of one that never stopped", () => {
  const noise = (
    inputs: Int32Array,
    labels: Int32Array,
    random: { int(from: number, to: number): number },
  ): void => {
    inputs[0] = labels[2] = random.int(1, 200);
  };
  fc.assert(
    fc.property(groupSizes, fc.integer(), fc.nat(9), (sizes, seed, before) => {
      const datasets = [traceable(sizes, "first"), traceable([...sizes, [2, 2]], "second")];
      const options = { batchSize: 3, seed, augment: noise };
      const straight = trainSampler(datasets, options);
      const stopped = trainSampler(datasets, options);
      for (let i = 0; i < before; i++) assert.deepEqual(stopped.next(), straight.next());
      const resumed = trainSampler(datasets, {
        ...options,
        state: JSON.parse(JSON.stringify(stopped.save())),
      });
      for (let i = 0; i < 12; i++) assert.deepEqual(resumed.next(), straight.next());
      assert.deepEqual(resumed.save(), straight.save());
    }),
  );
});

test("another seed and the next epoch give another order", () => {
  const dataset = traceable(Array.from({ length: 30 }, () => [1]));
  const first = trainSampler(dataset, { batchSize: 30, seed: 1 });
  const order = rows(first.next());
  assert.notDeepEqual(rows(first.next()), order);
  assert.notDeepEqual(rows(trainSampler(dataset, { batchSize: 30, seed: 2 }).next()), order);
});

test("several datasets take turns", () => {
  const small = traceable([[1], [1]], "small");
  const large = traceable(
    Array.from({ length: 9 }, () => [1]),
    "large",
  );
  const sampler = trainSampler([small, large], { batchSize: 2, seed: 1 });
  const turns = Array.from({ length: 10 }, () => {
    sampler.next();
    return sampler.save().dataset;
  });
  assert.deepEqual(turns, [0, 1, 1, 1, 1, 0, 1, 1, 1, 1]);
});

test("a batch row carries its example, its identifier, and ignored labels as -100", () => {
  const dataset = traceable([[2, 1], [3]]);
  const batch = trainSampler(dataset, { batchSize: 4, seed: 5 }).next();
  for (let row = 0; row < 4; row++) {
    const example = batch.inputs[row * SEQ_LEN + 1] - 1;
    assert.deepEqual([...batch.inputs.subarray(row * SEQ_LEN, (row + 1) * SEQ_LEN)], [1, example + 1, 2]);
    assert.deepEqual(
      [...batch.labels.subarray(row * SEQ_LEN, (row + 1) * SEQ_LEN)],
      [IGNORED_LABEL, example + 1, 3],
    );
    assert.equal(batch.puzzleIdentifiers[row], example < 2 ? 1 : example < 3 ? 2 : 3);
  }
});

test("test batches hold every example once in order, and end in padding", () => {
  fc.assert(
    fc.property(groupSizes, fc.integer({ min: 1, max: 40 }), (sizes, batchSize) => {
      const dataset = traceable(sizes);
      const batches = [...testBatches(dataset, batchSize)];
      assert.deepEqual(batches.flatMap(rows), [...Array(exampleCount(dataset)).keys()]);
      const last = batches[batches.length - 1];
      assert.ok(batches.slice(0, -1).every((batch) => batch.count === batchSize));
      assert.equal(last.inputs.length, batchSize * SEQ_LEN);
      assert.ok(last.inputs.subarray(last.count * SEQ_LEN).every((token) => token === 0));
      assert.ok(last.labels.subarray(last.count * SEQ_LEN).every((label) => label === IGNORED_LABEL));
      assert.ok(last.puzzleIdentifiers.subarray(last.count).every((identifier) => identifier === 0));
      const identifiers = batches.flatMap((batch) => [...batch.puzzleIdentifiers.subarray(0, batch.count)]);
      const expected = sizes.flat().flatMap((size, puzzle) => Array<number>(size).fill(puzzle + 1));
      assert.deepEqual(identifiers, expected);
    }),
  );
});

test("what cannot be sampled is refused with the reason", () => {
  const dataset = traceable([[1], [1]]);
  assert.equal(groupCount(dataset), 2);
  assert.throws(
    () => trainSampler(dataset, { batchSize: 3, seed: 1 }),
    /training\.batchSize is 3, and an iteration is sure to hold 2 examples: use a smaller batch/,
  );
  assert.throws(
    () => trainSampler(dataset, { batchSize: 0, seed: 1 }),
    /batchSize must be a positive integer, got 0/,
  );
  assert.throws(() => trainSampler([], { batchSize: 1, seed: 1 }), /no dataset/);
  const other = { ...dataset, name: "other", vocabSize: 251 };
  assert.throws(() => trainSampler([dataset, other], { batchSize: 1, seed: 1 }), /vocabSize is 250 and 251/);
});
