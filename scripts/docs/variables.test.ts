import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

const root = join(__dirname, "../..");

/** The variables of this project that a text names. */
const variablesOf = (text: string) => [...text.matchAll(/\bTRM_[A-Z_]*[A-Z]\b/g)].map(([name]) => name);

/** All sources of the packages and of set-up, without tests. */
function sources(): string {
  const files = ["lib", "packages", "scripts"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)),
  );
  return files
    .filter(
      (file) => /\.(ts|mjs|py)$/.test(file) && !/node_modules|[\\/](test|dist)[\\/]|\.test\.ts$/.test(file),
    )
    .map((file) => readFileSync(join(root, file), "utf8"))
    .join("\n");
}

test("environment.md lists exactly the environment variables that the sources name", () => {
  const section = readFileSync(join(root, "environment.md"), "utf8").split("\n## Environment variables\n")[1];
  const table = section.split("\n").filter((line) => line.startsWith("| `"));
  const listed = new Set(variablesOf(table.map((line) => line.split(" | ")[0]).join("\n")));
  const named = new Set(variablesOf(sources()));
  assert.ok(listed.size > 10);
  assert.deepEqual([...listed].sort(), [...named].sort());
});
