import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  mergeConfig,
  parseRunConfig,
  type RunConfig,
  type RunConfigChanges,
  withFullPaths,
} from "trm-workbench/config";
import type { RunToTrain, TrainRuns, TrainRunsOptions } from "trm-workbench/experiments";
import { differences, resumable } from "trm-workbench/runs";
import { at, type Variation } from "./options";

/** Options of both kinds of sweep. */
export interface SweepOptions extends TrainRunsOptions<RunToTrain> {
  readonly changes: RunConfigChanges;
  readonly vary: readonly Variation[];
  readonly seeds: number;
  /** Here, or on a cluster. */
  readonly train: TrainRuns;
  /** Called once the number of runs, and of those still to be trained, is known. */
  readonly begin: (runs: number, missing: number) => void;
}

/** One training run of a sweep. */
export interface SweepRun {
  readonly name: string;
  readonly folder: string;
  readonly seed: number;
  readonly config: RunConfig;
}

/** One combination of the varied values, trained once for each seed. */
export interface SweepVariant {
  /** Field -> value, for the varied fields. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly runs: readonly SweepRun[];
}

/**
 * All combinations of the varied values, checked before any of them trains. The seeds count up from the base's
 * `training.seed`; `data.seed` stays, so that all runs see the same puzzles.
 *
 * @param folder holds a folder for each run, named by its values and its seed
 * @throws Error naming the field that is wrong, or the folder that holds another run
 */
export function planSweep(
  base: RunConfigChanges,
  variations: readonly Variation[],
  seeds: number,
  folder: string,
): SweepVariant[] {
  for (const [i, { field }] of variations.entries()) {
    if (field === "training.seed") throw new Error("training.seed varies by --seeds, not by --vary");
    if (variations.findIndex((other) => other.field === field) < i) {
      throw new Error(`${field} is varied twice: give all its values in one --vary`);
    }
  }
  const variants = combinations(variations).map((values): SweepVariant => {
    const config = parseRunConfig(
      Object.entries(values).reduce(
        (config, [field, value]) => mergeConfig(config, withFullPaths(at(field, value))),
        base,
      ),
    );
    const runs = Array.from({ length: seeds }, (_, i) => {
      const seed = config.training.seed + i;
      const name = runName({ ...values, seed });
      return {
        name,
        folder: join(folder, name),
        seed,
        config: { ...config, training: { ...config.training, seed } },
      };
    });
    return { values, runs };
  });
  checkRuns(variants.flatMap(({ runs }) => runs));
  return variants;
}

function combinations(variations: readonly Variation[]): Record<string, unknown>[] {
  return variations.reduce<Record<string, unknown>[]>(
    (all, { field, values }) => all.flatMap((below) => values.map((value) => ({ ...below, [field]: value }))),
    [{}],
  );
}

/** `model.n=2,seed=0`: what every file system takes as a name. */
function runName(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([field, value]) => `${field}=${String(value).replace(/[^\w.+-]+/g, "-")}`)
    .join(",");
}

function checkRuns(runs: readonly SweepRun[]): void {
  const names = new Set<string>();
  for (const { name, folder, config } of runs) {
    if (names.has(name)) throw new Error(`two of the varied values give the same run, ${name}`);
    names.add(name);
    if (!config.evaluation.weights.includes("ema")) {
      throw new Error("a sweep compares averaged weights: evaluation.weights must name ema");
    }
    if (!existsSync(join(folder, "config.json"))) continue;
    const [other] = differences(resumable(folder).config, config);
    if (!other) continue;
    const [path, is, wanted] = other;
    throw new Error(
      `${folder} holds a run with ${path} ${JSON.stringify(is)}, not ${JSON.stringify(wanted)}: choose another --out`,
    );
  }
}
