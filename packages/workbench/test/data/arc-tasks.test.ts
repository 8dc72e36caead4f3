import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import {
  ARC_MAX_SIDE,
  type ArcPair,
  applyArcAugmentation,
  arcGrid,
  arcName,
  arcRaster,
  arcRows,
  arcTokens,
  gridHash,
  pairsHash,
  parseArcName,
  type Raster,
  randomArcAugmentation,
  randomArcPlace,
  undoArcAugmentation,
} from "trm/puzzles";
import { createRandom } from "trm/random";
import { readArcTasks } from "../../src/data";
import { temporaryFolder } from "../files/support";
import { officialDatasets } from "./support";

const anyGrid: fc.Arbitrary<Raster> = fc
  .record({
    rows: fc.integer({ min: 1, max: ARC_MAX_SIDE }),
    columns: fc.integer({ min: 1, max: ARC_MAX_SIDE }),
    seed: fc.integer(),
  })
  .map(({ rows, columns, seed }) => {
    const random = createRandom(seed);
    return { rows, columns, cells: Uint8Array.from({ length: rows * columns }, () => random.int(0, 10)) };
  });

const anyPair: fc.Arbitrary<ArcPair> = fc.record({ input: anyGrid, output: anyGrid });

test("tokens show colours, end tokens below and right of the grid, and padding around", () => {
  const tokens = arcTokens(arcRaster([[0, 9, 3]]), { row: 1, column: 2 });
  const rows = Array.from({ length: 4 }, (_, row) => [...tokens.subarray(row * 30, row * 30 + 7)]);
  assert.deepEqual(rows, [
    [0, 0, 0, 0, 0, 0, 0],
    [0, 0, 2, 11, 5, 1, 0],
    [0, 0, 1, 1, 1, 0, 0],
    [0, 0, 0, 0, 0, 0, 0],
  ]);
  const full = arcTokens({ rows: 30, columns: 30, cells: new Uint8Array(900) });
  assert.ok(full.every((token) => token === 2));
  assert.throws(
    () => arcTokens(arcRaster([[1, 2]]), { row: 0, column: 29 }),
    /a grid of 1x2 does not fit at row 0, column 29/,
  );
});

test("a grid in the corner is read back from its tokens", () => {
  fc.assert(
    fc.property(anyGrid, (grid) => {
      assert.deepEqual(arcGrid(arcTokens(grid)), grid);
      assert.deepEqual(arcRaster(arcRows(grid)), grid);
    }),
  );
});

test("a damaged prediction gives the largest rectangle of colours at the corner", () => {
  const tokens = new Int32Array(900);
  const draw = (row: number, width: number): void => void tokens.fill(4, row * 30, row * 30 + width);
  draw(0, 5);
  draw(1, 5);
  draw(2, 2);
  draw(3, 9);
  assert.deepEqual(arcGrid(tokens), { rows: 2, columns: 5, cells: new Uint8Array(10).fill(2) });
  assert.deepEqual(arcGrid(new Int32Array(900)), { rows: 0, columns: 0, cells: new Uint8Array(0) });
});

test("an augmentation is undone, keeps black, and is told by its name", () => {
  fc.assert(
    fc.property(anyGrid, fc.integer(), (grid, seed) => {
      const augmentation = randomArcAugmentation(createRandom(seed));
      const augmented = applyArcAugmentation(grid, augmentation);
      assert.deepEqual(undoArcAugmentation(augmented, augmentation), grid);
      const count = (raster: Raster) => raster.cells.filter((colour) => colour === 0).length;
      assert.equal(count(augmented), count(grid));
      assert.deepEqual(parseArcName(arcName("007bbfb7", augmentation)), { id: "007bbfb7", augmentation });
    }),
  );
});

test("names are the official ones, and others are refused", () => {
  const augmentation = { transform: 4, colours: Uint8Array.of(0, 6, 1, 4, 7, 3, 2, 9, 5, 8) };
  assert.equal(arcName("007bbfb7", augmentation), "007bbfb7|||t4|||0614732958");
  assert.deepEqual(parseArcName("007bbfb7"), { id: "007bbfb7", augmentation: null });
  for (const name of ["a|||t8|||0123456789", "a|||t1|||1023456789", "a|||t1|||0113456789", "a|||t1"]) {
    assert.throws(() => parseArcName(name), /is not a puzzle name/);
  }
});

test("a random place fits both grids after turning, and reaches every corner", () => {
  fc.assert(
    fc.property(anyPair, fc.integer(), (pair, seed) => {
      const random = createRandom(seed);
      const augmentation = randomArcAugmentation(random);
      const place = randomArcPlace(pair, augmentation.transform, random, ARC_MAX_SIDE);
      for (const grid of [pair.input, pair.output])
        arcTokens(applyArcAugmentation(grid, augmentation), place);
    }),
  );
  const random = createRandom(1);
  const pair = { input: arcRaster([[1]]), output: arcRaster([[1, 2]]) };
  const rows = new Set<number>();
  const columns = new Set<number>();
  for (let i = 0; i < 1000; i++) {
    const { row, column } = randomArcPlace(pair, 6, random, ARC_MAX_SIDE);
    rows.add(row);
    columns.add(column);
  }
  assert.deepEqual([Math.max(...rows), Math.max(...columns), rows.size, columns.size], [28, 29, 29, 30]);
});

test("hashes are those of the official code", () => {
  const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
  const a = arcRaster([[1, 2, 3]]);
  const b = arcRaster([[1], [2], [3]]);
  assert.equal(gridHash(a), sha256(Uint8Array.of(1, 3, 1, 2, 3)));
  assert.notEqual(gridHash(a), gridHash(b));
  const [first, second] = [`${gridHash(a)}|${gridHash(b)}`, `${gridHash(b)}|${gridHash(a)}`].sort();
  const pairs = [
    { input: a, output: b },
    { input: b, output: a },
  ];
  assert.equal(pairsHash(pairs), sha256(`${first}|${second}`));
  assert.equal(pairsHash([...pairs].reverse()), pairsHash(pairs));
});

test("tasks are read with their solutions", () => {
  const tasks = readArcTasks(join(officialDatasets, "arc-source", "arc"), "training");
  assert.deepEqual(
    tasks.map(({ id, train, test }) => [id, train.length, test.length]),
    [
      ["007bbfb7", 5, 1],
      ["00d62c1b", 5, 1],
      ["017c7c7b", 3, 1],
    ],
  );
  const [{ input, output }] = tasks[0].test;
  assert.deepEqual(arcRows(input), [
    [7, 0, 7],
    [7, 0, 7],
    [7, 7, 0],
  ]);
  assert.deepEqual([output.rows, output.columns], [9, 9]);
});

test("bad task files are refused, naming file and task", () => {
  const prefix = join(temporaryFolder(), "arc");
  const write = (kind: string, value: unknown) =>
    writeFileSync(`${prefix}_x_${kind}.json`, JSON.stringify(value));
  const task = (input: unknown) => ({ a1: { train: [{ input: [[1]], output: [[2]] }], test: [{ input }] } });
  assert.throws(() => readArcTasks(prefix, "x"), /arc_x_challenges\.json does not exist/);
  write("challenges", task([[1, 2], [3]]));
  assert.throws(
    () => readArcTasks(prefix, "x"),
    /arc_x_challenges\.json, field a1\.test\.0\.input: rows must be equally long/,
  );
  write("challenges", task([[10]]));
  assert.throws(() => readArcTasks(prefix, "x"), /challenges\.json, field a1\.test\.0\.input/);
  write("challenges", task([[1]]));
  assert.deepEqual(
    arcRows(readArcTasks(prefix, "x")[0].test[0].output),
    [],
    "an unknown output has no cells",
  );
  write("solutions", { a1: [[[5]], [[6]]] });
  assert.throws(
    () => readArcTasks(prefix, "x"),
    /solutions\.json: task a1 has 2 solutions, but 1 test inputs/,
  );
  write("solutions", {});
  assert.throws(() => readArcTasks(prefix, "x"), /solutions\.json: task a1 has 0 solutions/);
  write("solutions", { a1: [[[5]]] });
  assert.deepEqual(arcRows(readArcTasks(prefix, "x")[0].test[0].output), [[5]]);
});
