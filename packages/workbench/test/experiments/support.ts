import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { latestCheckpoint, readCheckpoint } from "../../src/checkpoints";
import type { RunConfig, RunConfigChanges } from "../../src/config";
import {
  type Experiment,
  type TrainExperimentOptions,
  trainExperiment,
  type Variant,
} from "../../src/experiments";
import { scratchFolder, tinyRun } from "../runs/support";

/** Points the store at an empty folder and returns it. */
export function emptyStore(): string {
  const folder = join(scratchFolder(), "store");
  mkdirSync(folder);
  process.env.TRM_RUNS = folder;
  return folder;
}

/** An experiment on 4x4 Sudoku whose runs take a second or two, most of it for loading. */
export function tinyExperiment(variants: readonly Variant[], changes: RunConfigChanges = {}): Experiment {
  const task = { name: "4x4 Sudoku", base: tinyRun(changes) };
  return {
    name: "tiny",
    title: "Tiny",
    claim: "none",
    source: "nowhere",
    tasks: { smoke: task, laptop: task, desktop: task, full: task },
    variants,
  };
}

/** Trains at the smoke budget with one seed unless told otherwise. */
export function trained(experiment: Experiment, options: Partial<TrainExperimentOptions> = {}) {
  return trainExperiment(experiment, {
    budget: "smoke",
    seeds: 1,
    signal: new AbortController().signal,
    ...options,
  });
}

/** The tensors of a run's last checkpoint. */
export const tensorsOf = (folder: string) =>
  readCheckpoint(latestCheckpoint(join(folder, "checkpoints"))!).tensors();

/** The rows of a table without the column `seconds`, which no two runs share. */
export function rowsOf(folder: string, table: "steps" | "evaluations"): string[] {
  return readFileSync(join(folder, `${table}.csv`), "utf8")
    .replace(/^([^,]*),[^,]*/gm, "$1")
    .split("\n");
}

/** A configuration with one field changed. */
export function changed<S extends keyof RunConfig>(
  config: RunConfig,
  section: S,
  changes: Partial<RunConfig[S]>,
): RunConfig {
  return { ...config, [section]: { ...config[section], ...changes } };
}
