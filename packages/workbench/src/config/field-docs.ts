import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectFolder } from "../files/paths";

/** Where the fields of each section are documented: packages, files and the interfaces in them. */
const documented: readonly (readonly [
  section: string,
  folder: string,
  file: string,
  names: readonly string[],
])[] = [
  [
    "data",
    "packages/workbench",
    "config/config",
    ["GeneratedSudoku", "GeneratedMaze", "SudokuFiles", "DatasetFolders"],
  ],
  ["model", "lib", "model/config", ["ModelConfig"]],
  ["training", "lib", "trainer/config", ["TrainingConfig"]],
  ["training", "lib", "trainer/adam-atan2", ["AdamATan2Config"]],
  ["training", "lib", "trainer/schedule", ["ScheduleConfig"]],
  ["evaluation", "packages/workbench", "config/config", ["EvaluationConfig"]],
  ["checkpoints", "packages/workbench", "config/config", ["CheckpointConfig"]],
  ["metrics", "packages/workbench", "config/config", ["MetricsConfig"]],
];

/**
 * What every configuration field means, by path: `training.learningRate` -> "Learning rate of …". The text is the comment
 * on the field in its interface, read from the library's own files, so that it is written once.
 */
export function fieldDocs(): ReadonlyMap<string, string> {
  const docs = new Map<string, string>();
  for (const [section, folder, file, names] of documented) {
    const code = ownCode(folder, file);
    for (const name of names) {
      const body = new RegExp(`^export interface ${name}\\b.*?^}`, "ms").exec(code)?.[0] ?? "";
      for (const [, comment, field] of body.matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\s*readonly (\w+):/gs)) {
        const path = `${section}.${field}`;
        if (!docs.has(path)) docs.set(path, comment.replace(/\s*\n\s*\*/g, " ").trim());
      }
    }
  }
  return docs;
}

/** The compiled library has its comments in the declarations, the sources in themselves. */
function ownCode(folder: string, file: string): string {
  const places = [`dist/${file}.d.ts`, `src/${file}.ts`].map((place) => join(projectFolder, folder, place));
  const found = places.find(existsSync);
  // The command line as one file (`scripts/bundle.mjs`) has neither; its help lists the fields without their meaning.
  return found === undefined ? "" : readFileSync(found, "utf8");
}
