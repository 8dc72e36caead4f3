import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Where the fields of each section are documented: files (from `lib/src`) and the interfaces in them. */
const documented: readonly (readonly [section: string, file: string, names: readonly string[]])[] = [
  ["data", "runs/config", ["GeneratedSudoku", "GeneratedMaze", "SudokuFiles", "DatasetFolders"]],
  ["model", "model/config", ["ModelConfig"]],
  ["training", "trainer/config", ["TrainingConfig"]],
  ["training", "trainer/adam-atan2", ["AdamATan2Config"]],
  ["training", "trainer/schedule", ["ScheduleConfig"]],
  ["evaluation", "runs/config", ["EvaluationConfig"]],
  ["checkpoints", "runs/config", ["CheckpointConfig"]],
  ["metrics", "runs/config", ["MetricsConfig"]],
];

/**
 * What every configuration field means, by path: `training.learningRate` -> "Learning rate of …". The text is the comment
 * on the field in its interface, read from the library's own files, so that it is written once.
 */
export function fieldDocs(): ReadonlyMap<string, string> {
  const docs = new Map<string, string>();
  for (const [section, file, names] of documented) {
    const code = ownCode(file);
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
function ownCode(file: string): string {
  const path = join(__dirname, "..", file);
  const found = [`${path}.d.ts`, `${path}.ts`].find(existsSync);
  // The command line as one file (`scripts/bundle.mjs`) has neither; its help lists the fields without their meaning.
  return found === undefined ? "" : readFileSync(found, "utf8");
}
