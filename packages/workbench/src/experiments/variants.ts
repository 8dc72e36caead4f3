import { mergeConfig, type RunConfigChanges } from "../config";
import { type Experiment, type Variant, variantsNamed } from "./experiment";

/** What {@link variants} changes in an experiment. */
export interface VariantsOptions {
  /** Names of the experiment's own variants that stay. @default all of them */
  readonly keep?: readonly string[];
  /** Variants to add: a name, and the changes of the task's configuration. */
  readonly add?: Readonly<Record<string, RunConfigChanges>>;
  /** Changes of every variant, those that are added included: field by field, so that its own changes stay. */
  readonly all?: RunConfigChanges;
}

/**
 * A copy of an experiment with other variants. Runs are stored by their configuration, so that variants which stay as they were
 * do not train again.
 *
 * @throws Error naming the variant that the experiment does not have, or has already; and the field that is wrong
 * @example
 * const mine = variants(experiments.ema, {
 *   keep: ["EMA 0.99", "no EMA"],
 *   add: { "EMA 0.98": { training: { ema: 0.98 } } },
 *   all: { training: { learningRate: 1e-2 } },
 * });
 * console.log(mine.variants.map(({ name }) => name).join(", ")); // EMA 0.99, no EMA, EMA 0.98
 */
export function variants(experiment: Experiment, { keep, add = {}, all = {} }: VariantsOptions): Experiment {
  const added = Object.entries(add).map(([name, changes]): Variant => ({ name, changes }));
  const own = variantsNamed(experiment, keep);
  const together = { ...experiment, variants: [...own, ...added] };
  return {
    ...experiment,
    variants: variantsNamed(together).map((variant) => ({
      ...variant,
      changes: mergeConfig(variant.changes, all),
    })),
  };
}
