import assert from "node:assert/strict";
import { test } from "node:test";
import { printedResults, resultsOfExperiments } from "./results-table";

test("README.md has the results and verdicts of the published runs", () => {
  assert.equal(printedResults().table, resultsOfExperiments());
});
