import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fieldMeanings, meaningsFile } from "./field-meanings";

test("help texts have the comments that editors show on fields", () => {
  assert.deepEqual(
    JSON.parse(readFileSync(meaningsFile, "utf8")),
    fieldMeanings(),
    "comments on fields changed; run: node --import=tsx scripts/structure/field-meanings.ts",
  );
});
