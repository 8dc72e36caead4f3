import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startEngine } from "tfjs-compile";
import { allExamples, exampleModules, placeOf } from "./examples";
import { root } from "./packages";

// Inside the project, so that the packages are found from there.
mkdirSync(join(root, ".cache"), { recursive: true });
const folder = mkdtempSync(join(root, ".cache", "examples-"));
const scratch = mkdtempSync(join(tmpdir(), "trm-examples-"));
after(() => {
  process.chdir(root);
  for (const made of [folder, scratch]) rmSync(made, { recursive: true, force: true });
});

const examples = allExamples();
const fileOf = (i: number): string => join(folder, `example-${i}.ts`);
for (const [i, text] of exampleModules(examples, folder).entries()) writeFileSync(fileOf(i), text);

test("examples of doc comments and documents have no type errors", () => {
  const config = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: { noUnusedLocals: false },
    include: [folder],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const { stdout, status } = spawnSync(process.execPath, [compiler, "-p", folder], { encoding: "utf8" });
  const errors = stdout.replaceAll(/^.*example-(\d+)\.ts/gm, (_, i) => placeOf(examples[Number(i)]!));
  assert.equal(status, 0, errors);
});

describe("examples run", () => {
  before(async () => {
    await startEngine();
    process.chdir(scratch);
  });
  for (const [i, example] of examples.entries())
    if (example.runs) test(placeOf(example), async () => (await import(fileOf(i))).example());
});

test("few examples are marked as not to be run", () => {
  const marked = examples.filter(({ runs }) => !runs).map(placeOf);
  assert.ok(marked.length <= 15, `make some of these run: ${marked.join(", ")}`);
});
