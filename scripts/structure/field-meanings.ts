// `node --import=tsx scripts/structure/field-meanings.ts`: writes the meanings of configuration fields, for help texts.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "@tslab/typescript-for-tslab";
import { root } from "./packages";

/** A program cannot read its own comments when it runs, so the comments on fields are recorded in this file. */
export const meaningsFile = join(root, "packages/workbench/src/config/field-meanings.json");

const own = "packages/workbench/src/config/fields.ts";

/** Sections of a configuration, and the tables that have their fields. */
const tables: readonly (readonly [file: string, section: string, names: readonly string[]])[] = [
  [own, "data", ["sudokuFields", "mazeFields", "csvFields", "folderFields"]],
  ["lib/src/model/fields.ts", "model", ["modelFields"]],
  ["lib/src/trainer/fields.ts", "training", ["trainingFields"]],
  [own, "evaluation", ["evaluationFields"]],
  [own, "checkpoints", ["checkpointFields"]],
  [own, "metrics", ["metricsFields"]],
];

/** The comment of every field, by path, as editors show it. The first table with a comment on a field decides. */
export function fieldMeanings(): Record<string, string> {
  const files = tables.map(([file]) => join(root, file));
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2022,
    types: [],
    paths: { "trm/fields": [join(root, "lib/src/fields.ts")] },
  });
  const checker = program.getTypeChecker();
  const meanings: Record<string, string> = {};
  for (const [file, section, names] of tables) {
    const source = program.getSourceFile(join(root, file));
    const exported = source && checker.getSymbolAtLocation(source)?.exports;
    for (const name of names) {
      const table = exported?.get(ts.escapeLeadingUnderscores(name));
      if (!source || !table) throw new Error(`${file} exports no ${name}`);
      for (const field of checker.getPropertiesOfType(checker.getTypeOfSymbolAtLocation(table, source))) {
        const comment = ts.displayPartsToString(field.getDocumentationComment(checker));
        if (comment) meanings[`${section}.${field.name}`] ??= comment.replace(/\s*\n\s*/g, " ");
      }
    }
  }
  return meanings;
}

if (require.main === module) writeFileSync(meaningsFile, `${JSON.stringify(fieldMeanings(), null, 2)}\n`);
