import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  datasetBuilder,
  exampleCount,
  groupCount,
  puzzleCount,
  testBatches,
  trainSampler,
} from "trm/batches";
import { openDataset, readFolderExtras, writeDatasetFolder } from "../../src/data";
import { readNpy, writeNpy } from "../../src/files";
import { temporaryFolder } from "../files/support";

/** Written by the official builders. */
const official = (kind: string) => join(__dirname, "../../../../lib/test/fixtures/official-datasets", kind);
const kinds = ["sudoku", "maze", "arc"];

function filesIn(folder: string): Record<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.\w+$/.test(name),
  );
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name))]));
}

/** A copy of an official folder that a test may damage. */
function copyOf(kind: string): string {
  const folder = join(temporaryFolder(), kind);
  cpSync(official(kind), folder, { recursive: true });
  return folder;
}

test("folders of the official builders are read as they are", () => {
  const [sudoku] = openDataset(official("sudoku"), "train");
  assert.deepEqual(
    [sudoku.name, exampleCount(sudoku), puzzleCount(sudoku), groupCount(sudoku)],
    ["sudoku train", 48, 48, 12],
  );
  assert.deepEqual(
    [sudoku.seqLen, sudoku.vocabSize, sudoku.ignoreLabelId, sudoku.inputs.dtype],
    [81, 11, 0, "int64"],
  );
  const raw = readNpy(join(official("sudoku"), "train/all__labels.npy"));
  assert.deepEqual(
    Array.from(sudoku.labels.subarray(81 * 5, 81 * 7)),
    [...raw.data].map(Number).slice(81 * 5, 81 * 7),
  );
  assert.deepEqual(Array.from(sudoku.labels.subarray(100, 300)), [...raw.data].map(Number).slice(100, 300));
  sudoku.close();
  const [arc] = openDataset(official("arc"), "train");
  assert.deepEqual(
    [exampleCount(arc), puzzleCount(arc), groupCount(arc), arc.inputs.dtype],
    [115, 25, 5, "uint8"],
  );
  arc.close();
  const { identifiers, testPuzzles } = readFolderExtras(official("arc"));
  assert.equal(identifiers.length, arc.numPuzzleIdentifiers);
  assert.deepEqual(identifiers.slice(0, 2), ["<blank>", "007bbfb7"]);
  assert.ok(Object.values(testPuzzles!).every(({ test }) => test.length > 0));
});

for (const kind of kinds) {
  test(`a copy of the official ${kind} folder has the same bytes`, () => {
    const folder = join(temporaryFolder(), "copy");
    const [train] = openDataset(official(kind), "train");
    const [held] = openDataset(official(kind), "test");
    writeDatasetFolder(folder, { train, test: held, ...readFolderExtras(official(kind)) });
    assert.deepEqual(filesIn(folder), filesIn(official(kind)));
    train.close();
    held.close();
  });
}

test("batches from a folder are those from memory", () => {
  const folder = join(temporaryFolder(), "memory");
  const builder = datasetBuilder({
    name: "memory",
    seqLen: 3,
    vocabSize: 300,
    padId: 0,
    ignoreLabelId: null,
    blankIdentifierId: 0,
    numPuzzleIdentifiers: 1,
  });
  for (let i = 1; i <= 10; i++) {
    builder.example([i, i, i], [i, 0, i]);
    if (i % 2 === 0) builder.endPuzzle();
    if (i === 4 || i === 10) builder.endGroup();
  }
  const memory = builder.build();
  writeDatasetFolder(folder, { train: memory, test: memory });
  const stored = openDataset(folder, "train");
  const options = { batchSize: 2, seed: 3 };
  const samplers = [trainSampler(memory, options), trainSampler(stored, options)];
  for (let i = 0; i < 10; i++) assert.deepEqual(samplers[1].next(), samplers[0].next());
  assert.deepEqual([...testBatches(openDataset(folder, "test")[0], 4)], [...testBatches(memory, 4)]);
  assert.equal(stored[0].inputs.dtype, "int32", "300 tokens do not fit a byte");
  assert.throws(() => writeDatasetFolder(folder, {}), /memory: this folder exists already/);
});

test("a folder of ten gigabytes is sampled with little memory", () => {
  const folder = copyOf("maze");
  const rows = 12_000_000;
  for (const field of ["inputs", "labels"]) {
    const path = join(folder, `train/all__${field}.npy`);
    const header = readFileSync(path).subarray(0, 128).toString("latin1");
    writeFileSync(
      path,
      header
        .replace(/\(\d+, 900\), }/, `(${rows}, 900), }`)
        .slice(0, 127)
        .concat("\n"),
      "latin1",
    );
    // The file system stores no blocks for what was never written, so this takes no room on disk.
    truncateSync(path, 128 + rows * 900);
  }
  const starts = (items: number, step: number) => Int32Array.from({ length: items + 1 }, (_, i) => i * step);
  const save = (field: string, data: Int32Array) =>
    writeNpy(join(folder, `train/all__${field}.npy`), { dtype: "int32", shape: [data.length], data });
  save("puzzle_indices", starts(12_000, 1000));
  save("puzzle_identifiers", new Int32Array(12_000));
  save("group_indices", starts(1000, 12));
  const metadata = join(folder, "train/dataset.json");
  writeFileSync(
    metadata,
    readFileSync(metadata, "utf8").replace('"total_groups": 6', '"total_groups": 1000'),
  );

  const [dataset] = openDataset(folder, "train");
  assert.equal(exampleCount(dataset), rows);
  const before = process.memoryUsage().rss;
  const sampler = trainSampler(dataset, { batchSize: 64, seed: 1 });
  for (let i = 0; i < 20; i++) assert.equal(sampler.next().count, 64);
  assert.ok(process.memoryUsage().rss - before < 300e6);
  dataset.close();
});

const damages: [string, (folder: string) => void, RegExp][] = [
  [
    "an empty dataset.json",
    (folder) => truncateSync(join(folder, "train/dataset.json")),
    /dataset\.json: this is not JSON/,
  ],
  [
    "a field of another type",
    edit('"seq_len": 81', '"seq_len": "81"'),
    /dataset\.json, field seq_len: .*expected/,
  ],
  ["a field that is missing", edit('"vocab_size": 11, ', ""), /dataset\.json, field vocab_size/],
  ["a set outside the folder", edit('["all"]', '["../all"]'), /field sets\.0: must be a name without path/],
  [
    "another sequence length",
    edit('"seq_len": 81', '"seq_len": 80'),
    /all__inputs\.npy: its shape is \(48,81\).*80/,
  ],
  [
    "another number of groups",
    edit('"total_groups": 12', '"total_groups": 13'),
    /total_groups: it says 13.*have 12/,
  ],
  ["a set without files", edit('["all"]', '["some"]'), /some__inputs\.npy/],
  ["floats for tokens", replaceArray("inputs", "float32", [48, 81]), /all__inputs\.npy: it holds float32/],
  ["fewer labels", replaceArray("labels", "uint8", [47, 81]), /labels holds 3807 tokens, inputs 3888/],
  ["indices that go nowhere", replaceArray("puzzle_indices", "int32", [49]), /train.*: .*puzzleIndices/],
  [
    "indices in two dimensions",
    replaceArray("group_indices", "int32", [13, 1]),
    /group_indices\.npy: it must have one/,
  ],
];

function edit(from: string, to: string) {
  return (folder: string) => {
    const path = join(folder, "train/dataset.json");
    const text = readFileSync(path, "utf8");
    assert.ok(text.includes(from));
    writeFileSync(path, text.replace(from, to));
  };
}

function replaceArray(field: string, dtype: "float32" | "uint8" | "int32", shape: number[]) {
  const elements = shape.reduce((product, size) => product * size, 1);
  const data = { float32: Float32Array, uint8: Uint8Array, int32: Int32Array }[dtype];
  return (folder: string) =>
    writeNpy(join(folder, `train/all__${field}.npy`), { dtype, shape, data: new data(elements) });
}

for (const [what, damage, message] of damages) {
  test(`refuses ${what}`, () => {
    const folder = copyOf("sudoku");
    damage(folder);
    assert.throws(() => openDataset(folder, "train"), message);
  });
}

test("a token beyond the vocabulary is found when its row is read", () => {
  const folder = copyOf("sudoku");
  edit('"vocab_size": 11', '"vocab_size": 10')(folder);
  const [dataset] = openDataset(folder, "train");
  assert.throws(() => dataset.labels.subarray(81 * 3, 81 * 4), /all__labels\.npy: row 3 has the token 10/);
});

test("a split that is not there is said so", () => {
  assert.throws(
    () => openDataset(temporaryFolder(), "test"),
    /dataset\.json does not exist.*with a test split/,
  );
});

const python = process.env.TRM_TORCH_PYTHON ?? "";
const officialCode = process.env.TRM_OFFICIAL_CODE ?? "";
const withOfficialCode = {
  skip:
    existsSync(python) && existsSync(join(officialCode, "puzzle_dataset.py"))
      ? false
      : "set TRM_TORCH_PYTHON to a Python with PyTorch, and TRM_OFFICIAL_CODE to a checkout of TinyRecursiveModels",
};

test("the official PuzzleDataset loads what is written", withOfficialCode, () => {
  const folder = join(temporaryFolder(), "written");
  const [train] = openDataset(official("arc"), "train");
  const memory = {
    ...train,
    inputs: Uint8Array.from(train.inputs.subarray(0, train.inputs.length)),
    labels: Uint8Array.from(train.labels.subarray(0, train.labels.length)),
    metadata: undefined,
  };
  const { metadata: _, ...plain } = memory;
  writeDatasetFolder(folder, { train: plain, test: plain });
  const script = `
import json, sys
sys.path.insert(0, sys.argv[1])
from puzzle_dataset import PuzzleDataset, PuzzleDatasetConfig
def batches(test):
    config = PuzzleDatasetConfig(seed=0, dataset_paths=[sys.argv[2]], global_batch_size=8, test_set_mode=test, epochs_per_iter=1, rank=0, num_replicas=1)
    return list(PuzzleDataset(config, split="test" if test else "train"))
test, train = batches(True), batches(False)
print(json.dumps({ "train": [b["inputs"].shape[0] for _, b, _ in train],
  "test": [[n, {k: v.flatten().tolist() for k, v in b.items()}] for _, b, n in test] }))`;
  const run = spawnSync(python, ["-c", script, officialCode, folder], { encoding: "utf8", maxBuffer: 1e9 });
  assert.equal(run.status, 0, run.stderr);
  const found = JSON.parse(run.stdout);
  assert.ok(found.train.length > 0 && found.train.every((size: number) => size === 8));
  const ours = [...testBatches(openDataset(folder, "test")[0], 8)].map((batch) => [
    batch.count,
    {
      inputs: [...batch.inputs],
      labels: [...batch.labels],
      puzzle_identifiers: [...batch.puzzleIdentifiers],
    },
  ]);
  assert.deepEqual(found.test, ours, "and makes the same test batches of it");
});
