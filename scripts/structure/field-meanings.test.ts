import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import ts from "@tslab/typescript-for-tslab";
import { fieldMeanings, meaningsFile } from "./field-meanings";
import { root } from "./packages";

test("help texts have the comments that editors show on fields", () => {
  assert.deepEqual(
    JSON.parse(readFileSync(meaningsFile, "utf8")),
    fieldMeanings(),
    "comments on fields changed; run: node --import=tsx scripts/structure/field-meanings.ts",
  );
});

test("an editor shows the comment of a field wherever a configuration is used", () => {
  const file = join(root, "lib/src/model/hovered.ts");
  const code =
    'import type { ModelConfig } from "./config";\nexport const width = (c: ModelConfig) => c.hiddenSize;\n';
  const service = ts.createLanguageService({
    getCompilationSettings: () => ({ target: ts.ScriptTarget.ES2022, types: [] }),
    getScriptFileNames: () => [file],
    getScriptVersion: () => "1",
    getScriptSnapshot: (name) => {
      const text = name === file ? code : ts.sys.readFile(name);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
  });
  const shown = service.getQuickInfoAtPosition(file, code.indexOf("hiddenSize"));
  assert.equal(ts.displayPartsToString(shown?.displayParts), "(property) hiddenSize: number");
  assert.equal(ts.displayPartsToString(shown?.documentation), fieldMeanings()["model.hiddenSize"]);
});
