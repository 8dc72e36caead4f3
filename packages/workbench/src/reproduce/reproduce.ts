import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import type { ReportedVariant } from "../experiments";
import { figuresFolder } from "../figures";
import { writeFileAtomic } from "../files";
import { cacheFolder, projectFolder } from "../files/paths";
import type { NotebookSettings } from "../notebook/settings";
import { executeNotebook, type NotebookEvent } from "./execute";
import { readReport } from "./results";

export interface ReproduceOptions extends Omit<NotebookSettings, "since"> {
  /** @default notebooks/ */
  readonly folder?: string;
  /** Run only notebooks whose name contains this. */
  readonly only?: string;
  /** Replace the notebooks by the executed ones; otherwise these go to `.cache/executed/`. */
  readonly write?: boolean;
  readonly onEvent?: (notebook: string, event: NotebookEvent) => void;
}

export interface Reproduction {
  readonly rows: readonly ReportedVariant[];
  /** Paths from the project folder. */
  readonly figures: readonly string[];
  readonly executed: readonly string[];
}

/** Seconds that one cell may take; generous, for it only ends what hangs. */
const cellTimeouts = { smoke: 20 * 60, laptop: 3 * 3600, desktop: 0, full: 0 } as const;

/**
 * Executes the notebooks one after another and gathers what they report and which figures they wrote.
 *
 * @throws Error when `only` fits no notebook; it lists those there are.
 * @throws NotebookError for the first cell that fails; the notebooks after it are not run.
 */
export async function reproduce(options: ReproduceOptions): Promise<Reproduction> {
  const { folder = join(projectFolder, "notebooks"), only = "", write = false, onEvent } = options;
  const all = readdirSync(folder)
    .filter((name) => name.endsWith(".ipynb"))
    .sort();
  const notebooks = all.filter((name) => name.includes(only));
  if (notebooks.length === 0) {
    throw new Error(`no notebook's name contains "${only}"; there are: ${all.join(", ") || "none"}`);
  }
  const targetFolder = join(cacheFolder, "executed");
  mkdirSync(targetFolder, { recursive: true });
  const reportFile = join(targetFolder, `report-${process.pid}.jsonl`);
  const started = Date.now();
  const executed: string[] = [];
  try {
    for (const name of notebooks) {
      const target = join(targetFolder, name);
      await executeNotebook({
        source: join(folder, name),
        target,
        cellTimeout: cellTimeouts[options.budget],
        env: {
          TRM_BUDGET: options.budget,
          ...(options.seeds !== undefined && { TRM_SEEDS: String(options.seeds) }),
          // The moment, so that a run which several notebooks need is trained by the first of them only.
          TRM_RUNS_FRESH: options.fresh ? new Date(started).toISOString() : "0",
          TRM_REPORT: reportFile,
        },
        onEvent: (event) => onEvent?.(name, event),
      });
      if (write) writeFileAtomic(join(folder, name), readFileSync(target));
      executed.push(write ? join(folder, name) : target);
    }
    return {
      rows: readReport(reportFile),
      figures: figuresSince(started),
      executed: executed.map((path) => relative(projectFolder, path)),
    };
  } finally {
    rmSync(reportFile, { force: true });
  }
}

/** The figures that were written after a moment, in milliseconds since 1970. */
function figuresSince(moment: number): string[] {
  const folder = figuresFolder();
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".png") || name.endsWith(".json"))
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).mtimeMs >= moment)
    .map((path) => relative(projectFolder, path))
    .sort();
}
