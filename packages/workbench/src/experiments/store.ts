import { join, resolve } from "node:path";
import { latestCheckpoint } from "../checkpoints";
import type { RunConfig } from "../config";
import { projectFolder } from "../files/paths";
import { type EvaluationRow, readEvaluations, readSteps, type StepColumns } from "../runs";
import { differences, storedConfig } from "../runs/resume";
import type { PlannedRun } from "./experiment";
import { isFinished, type RunFacts, readFacts } from "./facts";
import { decidingFields } from "./hash";

/** A run that was trained to its end. */
export interface StoredRun {
  readonly hash: string;
  readonly seed: number;
  /** Holds config.json, steps.csv, evaluations.csv, facts.json and, unless published, checkpoints/. */
  readonly folder: string;
  /** True if it came with the project, without weights. */
  readonly published: boolean;
  readonly config: RunConfig;
  readonly steps: StepColumns;
  readonly evaluations: readonly EvaluationRow[];
  readonly facts: RunFacts;
}

/** Folder of the runs: `data/runs`, or the folder that the environment variable TRM_RUNS names. */
export function runsFolder(): string {
  return process.env.TRM_RUNS ? resolve(process.env.TRM_RUNS) : join(projectFolder, "data", "runs");
}

/** Folder of the runs that came with the project. */
export const publishedFolder = (): string => join(runsFolder(), "published");

/** The folder of a run of one's own, whether it is there or not. */
export const ownFolder = (hash: string): string => join(runsFolder(), hash);

/** The run of one's own, if it is finished. @throws as {@link readRun} */
export function ownRun(run: PlannedRun): StoredRun | undefined {
  return readRun(ownFolder(run.hash), run);
}

/** The run that came with the project, if there is one. @throws as {@link readRun} */
export function publishedRun(run: PlannedRun): StoredRun | undefined {
  return readRun(join(publishedFolder(), run.hash), run, true);
}

/** True if a run has weights, to continue or inspect it; published runs have none. */
export function hasWeights(run: StoredRun): boolean {
  return latestCheckpoint(join(run.folder, "checkpoints")) !== undefined;
}

/**
 * Reads a stored run.
 * @returns undefined where there is none, or one that is not finished
 * @throws Error naming the file, and what is wrong in it or missing
 */
export function readRun(folder: string, planned: PlannedRun, published = false): StoredRun | undefined {
  if (!isFinished(folder)) return undefined;
  const config = storedConfig(join(folder, "config.json"));
  checkConfig(folder, config, planned.config);
  const facts = readFacts(folder);
  const evaluations = readEvaluations(folder);
  const last = lastAveraged(evaluations);
  if (last?.step !== facts.step) {
    throw new Error(
      `${folder}: facts.json tells of ${facts.step} steps, and the last evaluation of averaged weights is ` +
        `${last ? `of step ${last.step}` : "missing"}; remove the folder to train it again`,
    );
  }
  const steps = readSteps(folder);
  return { hash: planned.hash, seed: planned.seed, folder, published, config, steps, evaluations, facts };
}

/** A hash can be the same though the configuration is not: a default has changed, or somebody edited the file. */
function checkConfig(folder: string, stored: RunConfig, wanted: RunConfig): void {
  const [other] = differences(decidingFields(stored), decidingFields(wanted));
  if (!other) return;
  const [path, is, should] = other;
  throw new Error(
    `${join(folder, "config.json")}: ${path} is ${JSON.stringify(is)}, and the run of this hash has ${JSON.stringify(should)}; ` +
      "remove the folder, or raise RESULTS_VERSION if a default has changed",
  );
}

/** The accuracy of the averaged weights at the end of a run. */
export function lastEvaluation({ evaluations }: Pick<StoredRun, "evaluations">): EvaluationRow {
  // A stored run always has it: reading it has checked that.
  return lastAveraged(evaluations)!;
}

/** The last evaluation of the averaged weights. */
export const lastAveraged = <E extends Pick<EvaluationRow, "weights">>(
  evaluations: readonly E[],
): E | undefined => evaluations.filter(({ weights }) => weights === "ema").at(-1);
