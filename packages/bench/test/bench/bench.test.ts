import assert from "node:assert/strict";
import { before, test } from "node:test";
import { matrixUnit, startEngine, tf } from "tfjs-compile";
import { median } from "trm-workbench/text";
import { rowTable, runBenchmark } from "../../src/bench";
import { startPeer } from "../../src/bench/contestant";
import { benchRows, quickRows, rowName, rowNamed, rowsLike } from "../../src/bench/rows";
import { rowWork, type Work } from "../../src/bench/work";

// One thread, because idle threads that wait for work cost processor time too.
before(() => startEngine({ threads: 1 }));

test("the median is the value in the middle", () => {
  assert.equal(median([30, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 30]), 3);
});

test("rows are chosen by the words of their names", () => {
  assert.equal(benchRows.length, 5 * 2 * 2 * 2);
  assert.equal(new Set(benchRows.map(rowName)).size, benchRows.length);
  assert.deepEqual(rowsLike(["4x4 mlp bfloat16", "paper-32 attention float32 eval"]).map(rowName), [
    "paper-32 attention float32 eval",
    "4x4-64 mlp bfloat16 train",
    "4x4-64 mlp bfloat16 eval",
  ]);
  assert.ok(quickRows.every((row) => row.mode === "train" && row.mixer === "mlp"));
  assert.throws(
    () => rowsLike(["4x4", "6x6 float64"]),
    /no row fits "6x6 float64"; names are made of paper-8/,
  );
  assert.throws(() => rowNamed("4x4"), /there is no row "4x4"/);
});

/** Compares processor times, in float32 or, on a matrix unit, in bfloat16. */
async function checkCosts(precision: "float32" | "bfloat16"): Promise<void> {
  for (const mode of ["train", "eval"]) {
    const row = rowNamed(`4x4-64 mlp ${precision} ${mode}`);
    const tensors = tf.memory().numTensors;
    const works = [rowWork(row, { compiled: true }), rowWork(row, { compiled: false })];
    for (const work of works) await work.step();
    const times: number[][] = [[], []];
    for (let pair = 0; pair < 5; pair++) {
      for (const [i, work] of works.entries()) times[i].push(await processorTime(work));
    }
    const [compiled, eager] = times.map((values) => Math.min(...values));
    // Measured: about 0.5. What this guards against is compile() quietly running the plain function.
    assert.ok(compiled < 0.85 * eager, `${mode}: ${compiled} ms compiled, ${eager} ms plain`);
    const facts = works[0].facts();
    assert.ok(facts && facts.nodes > 300 && facts.recordSeconds > 0 && facts.flopsPerStep > 1e9);
    assert.equal(works[1].facts(), undefined);
    for (const work of works) work.dispose();
    assert.equal(tf.memory().numTensors, tensors, "a step left tensors behind");
  }
}

test("compiled steps cost clearly less than plain tfjs", () => checkCosts("float32"));

test("on the processor's matrix unit too", (t) => {
  const { used, text } = matrixUnit();
  return used ? checkCosts("bfloat16") : t.skip(text);
});

/** Milliseconds that a step costs, however many other processes want the processor. */
async function processorTime(work: Work): Promise<number> {
  const before = process.cpuUsage();
  await work.step();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

test("contestants in processes of their own are timed in pairs", async () => {
  const told: string[] = [];
  const [result] = await runBenchmark(
    rowsLike(["4x4-64 mlp float32 eval"]),
    { pairs: 2, threads: 1, against: ["eager"], cold: false },
    ({ row }) => told.push(row),
  );
  assert.deepEqual(told, ["4x4-64 mlp float32 eval"]);
  assert.deepEqual(result.problems, []);
  assert.equal(result.ours.milliseconds.length, 2);
  assert.equal(result.ours.median, median(result.ours.milliseconds));
  const pairs = result.ours.milliseconds.map((ours, i) => ours / (result.others.eager?.milliseconds[i] ?? 0));
  assert.equal(result.ratios.eager, median(pairs));
  assert.ok(result.ours.peakMemoryBytes > 50e6 && result.ours.firstStepSeconds > 0);
  assert.equal(result.share, result.floor / result.ours.median);
  assert.equal(result.ratios.peer, undefined);
  assert.match(rowTable([result]).split("\n")[2], /^\| 4x4-64 mlp float32 eval \|/);
});

test("a contestant that cannot start says why", async () => {
  await assert.rejects(
    startPeer(process.execPath, ["-e", "console.error('no such thing'); process.exit(3)"]),
    /ended with 3: no such thing/,
  );
  await assert.rejects(startPeer("/nowhere/python", []), /ENOENT/);
});
