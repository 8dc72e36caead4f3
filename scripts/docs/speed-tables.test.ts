import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { benchmarks, withSpeedTables } from "./speed-tables";

test("docs/benchmarks.md has the tables of the machines in docs/bench", () => {
  const text = readFileSync(benchmarks, "utf8");
  assert.equal(text.match(/<!-- bench /g)?.length, 3);
  assert.equal(text, withSpeedTables(text), "run scripts/docs/speed-tables.ts");
});
