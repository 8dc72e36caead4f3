import { mergeConfig, withFullPaths } from "trm-workbench/config";
import { readRun, runHash, type StoredRun } from "trm-workbench/experiments";
import { readConfig } from "./options";
import { planSweep, type SweepOptions, type SweepRun } from "./sweep-plan";
import { type Swept, sweptRun, sweptVariant } from "./sweep-table";

/** Trains every combination of some values of a configuration's fields, each run in a folder of its own in `out`. */
export async function sweepGrid(name: string, out: string, options: SweepOptions): Promise<Swept> {
  const base = mergeConfig(withFullPaths(readConfig(name)), options.changes);
  const variants = planSweep(base, options.vary, options.seeds, out);
  // Seed by seed, so that an early look at the folder compares all variants.
  const runs = variants[0].runs.flatMap((_, seed) => variants.map(({ runs }) => runs[seed]));
  const before = new Map(runs.map((run) => [run, stored(run)]));
  const missing = runs.filter((run) => before.get(run) === undefined);
  options.begin(runs.length, missing.length);
  const outcomes = await options.train(missing, options);
  return {
    folder: out,
    variants: variants.map(({ values, runs }) => {
      const reports = runs.map((run) => sweptRun(run, stored(run), outcomes.get(run)));
      const label = Object.entries(values).map(([field, value]) => `${field} ${value}`);
      return { values, ...sweptVariant(label.join(", ") || name, reports) };
    }),
  };
}

const stored = ({ folder, seed, config }: SweepRun): StoredRun | undefined =>
  readRun(folder, { hash: runHash(config), seed, config });
