import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { machine, machineTable, type RowResult, readMachine, saveRow } from "../../src/bench";

const folder = mkdtempSync(join(tmpdir(), "trm-bench-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A measured row. */
function result(row: string, ours: number, peer?: number): RowResult {
  const side = (median: number) => ({
    median,
    milliseconds: [median],
    firstStepSeconds: 1,
    peakMemoryBytes: 1,
  });
  return {
    row,
    ours: { ...side(ours), recordSeconds: 1, nodes: 1 },
    others: peer === undefined ? {} : { peer: side(peer) },
    ratios: peer === undefined ? {} : { peer: ours / peer },
    flopsPerStep: 1,
    productFlopsPerSecond: 1,
    floor: 12.34,
    share: 1,
    problems: [],
  };
}

test("a machine's file keeps rows of earlier benchmarks, and its table has a cell for each", () => {
  const here = { ...machine(), processor: "A Processor (TM) 7", cores: 2, instructions: ["avx2"] };
  const save = (result: RowResult) => saveRow(folder, here, { pairs: 3, threads: 2 }, result);
  assert.equal(save(result("4x4-64 mlp float32 train", 50)), undefined, "nothing to compare with");
  assert.equal(
    save(result("4x4-64 mlp float32 train", 50, 100)),
    join(folder, "a-processor-tm-7-2-cores-avx2.json"),
  );
  save(result("6x6-64 mlp float32 train", 60, 80));
  save(result("4x4-64 mlp bfloat16 eval", 1234.5, 1000));
  const file = save(result("4x4-64 mlp float32 train", 40, 100))!;
  assert.deepEqual(readdirSync(folder), ["a-processor-tm-7-2-cores-avx2.json"]);
  const stored = readMachine(file);
  assert.deepEqual(
    stored.rows.map(({ row, ours }) => [row, ours]),
    [
      ["6x6-64 mlp float32 train", 60],
      ["4x4-64 mlp float32 train", 40],
      ["4x4-64 mlp bfloat16 eval", 1234.5],
    ],
  );
  const [head, , ...rows] = machineTable(stored).split("\n");
  assert.match(head, /train, float32 +\| +evaluate, bfloat16/);
  assert.match(
    rows[0],
    /^\| 6x6, hidden 64 \(the preset\), MLP \| +60\.0 \/ 80\.0 = \*\*0\.75\*\* \(12\.3\) \| +\|$/,
  );
  assert.match(rows[1], /40\.0 \/ 100 = \*\*0\.40\*\* \(12\.3\) \| +1,235 \/ 1,000 = \*\*1\.23\*\*/);
});
