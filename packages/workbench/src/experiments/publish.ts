import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { publicConfig } from "../config";
import { writeFolderAtomic } from "../files";
import { columnOf } from "../runs/metrics";
import { publishedFolder, type StoredRun } from "./store";

/** Rows of `steps.csv` that are published at most: a laptop's run stays whole, for what is counted over all its steps. */
const STEP_ROWS = 1000;

/**
 * Copies runs of one's own to the published ones, which are committed: configuration, evaluations, facts and a sample of
 * the training steps, no weights. A run that is published already is replaced.
 * @returns the folders written
 */
export function publishRuns(runs: readonly StoredRun[]): string[] {
  const own = runs.filter(({ published }) => !published);
  return own.map((run) => {
    const target = join(publishedFolder(), run.hash);
    mkdirSync(publishedFolder(), { recursive: true });
    const fill = (folder: string) => {
      writeFileSync(join(folder, "config.json"), `${JSON.stringify(publicConfig(run.config), null, 2)}\n`);
      for (const name of ["facts.json", "evaluations.csv", "evaluations.jsonl"]) {
        const file = join(run.folder, name);
        if (existsSync(file)) writeFileSync(join(folder, name), readFileSync(file));
      }
      writeFileSync(join(folder, "steps.csv"), sampledSteps(run));
    };
    writeFolderAtomic(target, fill, { replace: true });
    return target;
  });
}

/** Every k-th row, always with the last one, to four digits. */
function sampledSteps({ steps }: StoredRun): string {
  const count = steps.step.length;
  const every = Math.ceil(count / STEP_ROWS);
  const columns = Object.entries(steps);
  const rows = steps.step.flatMap((_, row) => {
    if ((count - 1 - row) % every !== 0) return [];
    return [
      columns.map(([name, values]) => (name === "step" ? values[row] : shortNumber(values[row]))).join(","),
    ];
  });
  return `${[columns.map(([field]) => columnOf(field)).join(","), ...rows].join("\n")}\n`;
}

const shortNumber = (value: number): string =>
  Number.isNaN(value) ? "" : String(Number(value.toPrecision(4)));
