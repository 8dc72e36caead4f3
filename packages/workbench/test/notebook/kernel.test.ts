import assert from "node:assert/strict";
import { test } from "node:test";
import * as ts from "@tslab/typescript-for-tslab";
import { expandShorthand } from "../../src/notebook/kernel";

test("shorthand properties are written out, and nothing else is touched", () => {
  const expand = (source: string) => expandShorthand(ts, source);
  assert.equal(
    expand("f({ test, of: 3, deep: { test } });"),
    "f({ test: test, of: 3, deep: { test: test } });",
  );
  assert.equal(expand("const f = async () => ({ x, });"), "const f = async () => ({ x: x, });");
  for (const same of [
    "const { a, b = 1 } = c;",
    "({ a = 1 } = b);",
    "// { a }",
    "`{ a }`",
    "const x: { a: 1 } = y",
  ]) {
    assert.equal(expand(same), same);
  }
});
