import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { arcDatasets, type Dataset, exampleCount, puzzleCount, trainSampler } from "trm/batches";
import {
  type ArcPair,
  type ArcTask,
  applyArcAugmentation,
  arcRaster,
  arcTokens,
  parseArcName,
} from "trm/puzzles";
import {
  openDataset,
  readArcDatasets,
  readArcTasks,
  readFolderExtras,
  writeDatasetFolder,
} from "../../src/data";
import { temporaryFolder } from "../files/support";
import { exampleOf, officialDataset, officialDatasets } from "./support";

const SOURCE = join(officialDatasets, "arc-source", "arc");
const TASKS = new Map<string, ArcTask>(
  ["training", "evaluation"].flatMap((subset) => readArcTasks(SOURCE, subset)).map((task) => [task.id, task]),
);
const EVALUATION = new Set(readArcTasks(SOURCE, "evaluation").map(({ id }) => id));
const OFFICIAL_NAMES = readFolderExtras(join(officialDatasets, "arc")).identifiers;

/** The grid's tokens moved to the corner, and where they lay. */
function cornered(tokens: Uint8Array): { tokens: Uint8Array; row: number; column: number } {
  const used = [...tokens.keys()].filter((i) => tokens[i] !== 0);
  const row = Math.min(...used.map((i) => Math.floor(i / 30)));
  const column = Math.min(...used.map((i) => i % 30));
  const moved = new Uint8Array(900);
  for (const i of used) moved[i - row * 30 - column] = tokens[i];
  return { tokens: moved, row, column };
}

/**
 * Checks a split against the tasks themselves, with nothing but the names: every puzzle must hold the pairs of its task
 * in the guise that its name tells. Returns how many examples lie in the corner, puzzle by puzzle.
 */
function checkAgainstTasks(
  dataset: Dataset,
  names: readonly string[],
  pairsOf: (task: ArcTask) => readonly ArcPair[],
) {
  return Array.from({ length: puzzleCount(dataset) }, (_, puzzle) => {
    const { id, augmentation } = parseArcName(names[dataset.puzzleIdentifiers[puzzle]]);
    const guise = (grid: ArcPair["input"]) =>
      augmentation ? applyArcAugmentation(grid, augmentation) : grid;
    const expected = pairsOf(TASKS.get(id)!).map(
      ({ input, output }) => [guise(input), guise(output)] as const,
    );
    let inCorner = 0;
    const found = new Set<number>();
    for (
      let example = dataset.puzzleIndices[puzzle];
      example < dataset.puzzleIndices[puzzle + 1];
      example++
    ) {
      const { inputs, labels } = exampleOf(dataset, example);
      const { row, column } = cornered(inputs);
      if (row === 0 && column === 0) inCorner++;
      const match = expected.findIndex(([input, output], i) => {
        if (found.has(i) || row + Math.max(input.rows, output.rows) > 30) return false;
        if (column + Math.max(input.columns, output.columns) > 30) return false;
        const place = { row, column };
        return (
          arcTokens(input, place).join() === inputs.join() &&
          arcTokens(output, place).join() === labels.join()
        );
      });
      assert.ok(match >= 0, `puzzle ${puzzle} (${id}), example ${example} is no pair of its task`);
      found.add(match);
    }
    assert.equal(found.size, expected.length);
    return { examples: found.size, inCorner };
  });
}

const trainPairs = (task: ArcTask) => (EVALUATION.has(task.id) ? task.train : [...task.train, ...task.test]);
const testPairs = (task: ArcTask) => task.test;

test("the official dataset is what we understand it to be: tokens, names, augmentations, places", () => {
  for (const { inCorner } of checkAgainstTasks(officialDataset("arc", "train"), OFFICIAL_NAMES, trainPairs)) {
    assert.ok(inCorner >= 1);
  }
  for (const { inCorner, examples } of checkAgainstTasks(
    officialDataset("arc", "test"),
    OFFICIAL_NAMES,
    testPairs,
  )) {
    assert.equal(inCorner, examples);
  }
});

const ours = readArcDatasets(SOURCE, ["training", "evaluation"], ["evaluation"], {
  seed: 42,
  augmentations: 4,
});

test("our dataset has the structure of the official one, and passes the same check", () => {
  for (const split of ["train", "test"] as const) {
    const official = officialDataset("arc", split);
    const dataset = ours[split]!;
    assert.deepEqual(dataset.groupIndices, official.groupIndices);
    assert.equal(exampleCount(dataset), exampleCount(official));
    for (const fact of ["seqLen", "vocabSize", "padId", "ignoreLabelId", "numPuzzleIdentifiers"] as const) {
      assert.equal(dataset[fact], official[fact]);
    }
  }
  const inTraining = checkAgainstTasks(ours.train, ours.identifiers, trainPairs);
  assert.ok(inTraining.every(({ inCorner }) => inCorner >= 1));
  assert.ok(inTraining.some(({ inCorner, examples }) => inCorner < examples));
  const inTest = checkAgainstTasks(ours.test!, ours.identifiers, testPairs);
  assert.ok(inTest.every(({ inCorner, examples }) => inCorner === examples));
});

test("identifiers are numbered as in the official folder, and held-out puzzles share them with training", () => {
  assert.equal(ours.identifiers.length, OFFICIAL_NAMES.length);
  assert.equal(new Set(ours.identifiers).size, ours.identifiers.length);
  assert.equal(ours.identifiers[0], "<blank>");
  assert.deepEqual([...ours.train.puzzleIdentifiers], [...officialDataset("arc", "train").puzzleIdentifiers]);
  assert.deepEqual([...ours.test!.puzzleIdentifiers], [...ours.train.puzzleIdentifiers.subarray(15)]);
  const tasksInOrder = ours.identifiers.filter((name, i) => i > 0 && !name.includes("|"));
  assert.deepEqual(new Set(tasksInOrder), new Set(TASKS.keys()));
});

test("the seed fixes everything, and another seed gives another dataset", () => {
  const build = (seed: number) => readArcDatasets(SOURCE, ["training"], [], { seed, augmentations: 3 });
  const [a, b, other] = [build(1), build(1), build(2)];
  assert.equal(a.test, undefined);
  assert.deepEqual(a.identifiers, b.identifiers);
  assert.deepEqual(
    a.train.inputs.subarray(0, a.train.inputs.length),
    b.train.inputs.subarray(0, b.train.inputs.length),
  );
  assert.notDeepEqual(a.identifiers, other.identifiers);
});

test("tokens are the same whatever range they are asked for in", () => {
  const { inputs, length } = { inputs: ours.train.inputs, length: ours.train.inputs.length };
  const all = Uint8Array.from(inputs.subarray(0, length));
  for (const [begin, end] of [
    [0, 900],
    [450, 2000],
    [899, 901],
    [length - 1, length],
    [5, 5],
  ]) {
    assert.deepEqual(Uint8Array.from(inputs.subarray(begin, end)), all.subarray(begin, end));
  }
});

test("equal guises are left out, and a task without enough different ones is named", () => {
  const black = { input: arcRaster([[0]]), output: arcRaster([[0]]) };
  const oneColour = { input: arcRaster([[5]]), output: arcRaster([[0]]) };
  const tasks = [
    { id: "black", train: [black], test: [black] },
    { id: "one", train: [oneColour], test: [oneColour] },
  ];
  const { identifiers, notFull } = arcDatasets([{ tasks, heldOut: false }], { seed: 1, augmentations: 8 });
  assert.equal(identifiers.filter((name) => name.startsWith("black")).length, 1);
  const colours = identifiers
    .filter((name) => name.startsWith("one|||"))
    .map((name) => name.split("|||")[2][5]);
  assert.equal(new Set(colours).size, colours.length);
  assert.ok(!colours.includes("5"));
  assert.deepEqual(new Set(notFull), new Set(colours.length < 8 ? ["black", "one"] : ["black"]));
});

test("identifiers may start later, to leave room for another dataset's", () => {
  const { identifiers, train } = readArcDatasets(SOURCE, ["training"], [], {
    seed: 1,
    augmentations: 1,
    firstIdentifier: 10,
  });
  assert.equal(Math.min(...train.puzzleIdentifiers), 10);
  assert.deepEqual(identifiers.slice(0, 10), Array(10).fill("<blank>"));
});

test("what is written to a folder reads back the same, with names and test puzzles", () => {
  const folder = join(temporaryFolder(), "arc");
  writeDatasetFolder(folder, ours);
  for (const split of ["train", "test"] as const) {
    const [stored] = openDataset(folder, split);
    const dataset = ours[split]!;
    for (const side of ["inputs", "labels"] as const) {
      const range = [0, dataset[side].length] as const;
      assert.deepEqual(Uint8Array.from(stored[side].subarray(...range)), dataset[side].subarray(...range));
    }
    stored.close();
  }
  const extras = readFolderExtras(folder);
  const official = readFolderExtras(join(officialDatasets, "arc"));
  assert.deepEqual(extras.identifiers, ours.identifiers);
  assert.deepEqual(extras.testPuzzles, official.testPuzzles);
});

test("the sampler takes whole puzzles, one per task", () => {
  const batch = trainSampler(ours.train, { batchSize: 16, seed: 1 }).next();
  assert.equal(batch.count, 16);
  const perIdentifier = new Map<number, number>();
  for (const identifier of batch.puzzleIdentifiers) {
    perIdentifier.set(identifier, (perIdentifier.get(identifier) ?? 0) + 1);
  }
  const tasks = [...perIdentifier.keys()].map((identifier) => parseArcName(ours.identifiers[identifier]).id);
  assert.equal(new Set(tasks).size, tasks.length);
});

test("a held-out subset that is not read is refused", () => {
  assert.throws(
    () => readArcDatasets(SOURCE, ["training"], ["evaluation"], { seed: 1 }),
    /held-out subset "evaluation" is not one of the subsets: training/,
  );
});
