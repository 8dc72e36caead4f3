import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { projectFolder } from "../../src/files/paths";

interface Cell {
  readonly cell_type: string;
  readonly source: readonly string[];
  readonly outputs?: readonly { readonly text?: readonly string[] }[];
}

test("every piece of notebook 0 equals the library's, and no line of its model is the library's", () => {
  const path = join(projectFolder, "notebooks", "00-from-nothing.ipynb");
  const { cells }: { cells: Cell[] } = JSON.parse(readFileSync(path, "utf8"));
  const code = cells.filter(({ cell_type }) => cell_type === "code");
  const printed = code.flatMap(({ outputs = [] }) => outputs.flatMap(({ text = [] }) => text)).join("");
  const verdicts = [...printed.matchAll(/equal to the library's: (\w+)/g)].map(([, verdict]) => verdict);
  const asked = code.flatMap(({ source }) => source.filter((line) => line.includes("trm.equalToLibrary(")));
  assert.ok(asked.length >= 7 && verdicts.length >= asked.length, `${verdicts.length} of ${asked.length}`);
  assert.deepEqual(new Set(verdicts), new Set(["true"]));
  // What stands in a cell without `trm.` is the model, its two mistakes included.
  const own = code.map(({ source }) => source.join("")).filter((text) => !text.includes("trm."));
  const lines = own.flatMap((text) => text.split("\n")).filter((line) => line.trim() !== "");
  assert.ok(lines.length <= 110, `${lines.length} lines`);
});
