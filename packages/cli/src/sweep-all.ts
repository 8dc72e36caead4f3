import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  type Budget,
  budgets,
  catalogue,
  type Experiment,
  type PlannedVariant,
  planExperiment,
  runsFolder,
} from "trm-workbench/experiments";
import { sweepExperiment, withChanges } from "./sweep-experiment";
import type { SweepOptions } from "./sweep-plan";
import { type Swept, sweepTable } from "./sweep-table";

/** Seeds that are looked for. */
const MOST_SEEDS = 20;

/** How all experiments stand of which a run is stored or begun, with one budget or with all; for `sweep --status` without a name. */
export async function sweepAll(
  { budget, seeds }: { readonly budget?: Budget; readonly seeds?: number },
  options: SweepOptions,
): Promise<Swept[]> {
  const swept: Swept[] = [];
  for (const budgetOfTask of budget === undefined ? budgets : [budget]) {
    for (const experiment of catalogue) {
      const begun = seedsBegun(withChanges(experiment, budgetOfTask, options.changes), budgetOfTask);
      if (begun === 0) continue;
      const own = { budget: budgetOfTask, fresh: false, publish: false };
      swept.push(await sweepExperiment(experiment, own, { ...options, seeds: seeds ?? begun, begin() {} }));
    }
  }
  return swept;
}

/** The number of seeds up to the last of which any variant has a run. */
function seedsBegun(experiment: Experiment, budget: Budget): number {
  const isThere = ({ hash }: { readonly hash: string }) =>
    ["", "published"].some((folder) => existsSync(join(runsFolder(), folder, hash, "config.json")));
  return Math.max(
    0,
    ...planned(experiment, budget).map(({ runs }) => runs.map(isThere).lastIndexOf(true) + 1),
  );
}

function planned(experiment: Experiment, budget: Budget): PlannedVariant[] {
  try {
    return planExperiment(experiment, { budget, seeds: MOST_SEEDS });
  } catch {
    // Not every experiment has variants for every budget.
    return [];
  }
}

/** A table for each experiment. */
export function allTables(swept: readonly Swept[]): string {
  if (swept.length === 0) return "no run of an experiment is stored or begun";
  return swept
    .map(({ experiment, task, variants }) => `${experiment}, ${task}\n${sweepTable(variants, false)}`)
    .join("\n\n");
}
