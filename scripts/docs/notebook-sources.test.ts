import assert from "node:assert/strict";
import { test } from "node:test";
import { notebooks, withPresentSources } from "./notebook-sources";

test("notebooks show the library's code as it is", () => {
  const stale = notebooks().filter((name) => {
    const { text, refreshed } = withPresentSources(name);
    return refreshed !== text;
  });
  const command = "node --conditions=source --import=tsx scripts/docs/notebook-sources.ts";
  assert.deepEqual(stale, [], `the code in these notebooks has changed; run: ${command}`);
});
