import { mergeConfig, parseRunConfig, type RunConfig, type RunConfigChanges, withFullPaths } from "../config";
import { projectFolder } from "../files/paths";
import { suggestion } from "../text/nearest";
import { runHash } from "./hash";

/** Amounts of training: `smoke` for tests, `laptop` for minutes on two cores, `desktop` for hours, `full` for the paper's own size. */
export const budgets = ["smoke", "laptop", "desktop", "full"] as const;
export type Budget = (typeof budgets)[number];

/** One of the things that an experiment compares. */
export interface Variant {
  readonly name: string;
  /** Its changes of the task's configuration. */
  readonly changes: RunConfigChanges;
  /** Changes on top of those with one of the budgets, such as the paper's own n and T with the full one. */
  readonly at?: Readonly<Partial<Record<Budget, RunConfigChanges>>>;
  /** The paper's accuracy, a fraction. */
  readonly paper?: number;
}

/** The puzzles of an experiment with one budget, and the configuration that its variants change. */
export interface ExperimentTask {
  /** As tables name it, for example "6x6 Sudoku". */
  readonly name: string;
  readonly base: RunConfigChanges;
}

/** A comparison of the paper, as data. */
export interface Experiment {
  /** On the command line and in file names: "fewer-layers". */
  readonly name: string;
  /** For people: "Fewer layers". */
  readonly title: string;
  /** The paper's claim, in one or two sentences. */
  readonly claim: string;
  /** Place in the paper: "section 4.4, Table 1". */
  readonly source: string;
  readonly tasks: Readonly<Record<Budget, ExperimentTask>>;
  readonly variants: readonly Variant[];
}

/** A run that an experiment needs. */
export interface PlannedRun {
  /** Identifies the run in the store. */
  readonly hash: string;
  readonly seed: number;
  readonly config: RunConfig;
}

/** A variant with one budget: its configuration, and a run for each seed. */
export interface PlannedVariant {
  readonly variant: Variant;
  /** With the first seed. */
  readonly config: RunConfig;
  readonly runs: readonly PlannedRun[];
}

/** Options of {@link planExperiment}. */
export interface PlanOptions {
  readonly budget: Budget;
  /** Runs of each variant. */
  readonly seeds: number;
  /** Names of the variants; all when left out. */
  readonly variants?: readonly string[];
}

/**
 * The runs of an experiment, all checked before any of them trains. Seeds count up from the task's `training.seed`;
 * `data.seed` stays, so that all runs see the same puzzles. Data paths count from the project's folder.
 *
 * @throws Error naming the experiment, the variant, and the field that is wrong
 */
export function planExperiment(
  experiment: Experiment,
  { budget, seeds, variants }: PlanOptions,
): PlannedVariant[] {
  return variantsNamed(experiment, variants).map((variant): PlannedVariant => {
    const config = variantConfig(experiment, variant, budget);
    const runs = Array.from({ length: seeds }, (_, i): PlannedRun => {
      const seed = config.training.seed + i;
      const seeded = { ...config, training: { ...config.training, seed } };
      return { hash: runHash(seeded), seed, config: seeded };
    });
    return { variant, config, runs };
  });
}

/**
 * The variants of these names, in the experiment's order; all of them when none are named.
 * @throws Error naming the variant that there is twice, or not at all
 */
export function variantsNamed(
  { name, variants }: Experiment,
  chosen?: readonly string[],
): readonly Variant[] {
  const names = variants.map((variant) => variant.name);
  const twice = names.find((variant, i) => names.indexOf(variant) < i);
  if (twice !== undefined) throw new Error(`experiment ${name}: two variants are called "${twice}"`);
  for (const wanted of chosen ?? []) {
    if (!names.includes(wanted)) {
      throw new Error(`experiment ${name} has no variant "${wanted}"${suggestion(wanted, names)}`);
    }
  }
  return chosen ? variants.filter((variant) => chosen.includes(variant.name)) : variants;
}

function variantConfig({ name, tasks }: Experiment, variant: Variant, budget: Budget): RunConfig {
  const where = `experiment ${name}, variant "${variant.name}"`;
  try {
    const changes = mergeConfig(variant.changes, variant.at?.[budget] ?? {});
    const config = parseRunConfig(mergeConfig(tasks[budget].base, changes));
    if (!config.evaluation.weights.includes("ema")) {
      throw new RangeError("evaluation.weights must name ema: experiments compare averaged weights");
    }
    // Notebooks and terminals stand in other folders than the project's.
    return withFullPaths(config, projectFolder);
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}`);
  }
}
