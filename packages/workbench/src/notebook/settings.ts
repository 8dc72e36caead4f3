import { z } from "zod";
import { type Budget, budgets } from "../experiments";

/** The settings of a notebook, from the environment variables of `npm run reproduce`. */
export interface NotebookSettings {
  readonly budget: Budget;
  /** Seeds that every variant is trained with; undefined shows all that are stored, and trains one where none is. */
  readonly seeds?: number;
  /** Trains runs again that were stored before {@link NotebookSettings.since}, or came with the project. */
  readonly fresh: boolean;
  /** Milliseconds since 1970: when `npm run reproduce` was started, else this process. */
  readonly since: number;
}

const schema = z.object({
  TRM_BUDGET: z.enum(budgets).default("laptop"),
  TRM_SEEDS: z.coerce.number().int().min(1).optional(),
  TRM_RUNS_FRESH: z.enum(["0", "1"]).or(z.iso.datetime()).default("0"),
});

/**
 * Settings of a notebook: from `npm run reproduce` through the environment variables TRM_BUDGET, TRM_SEEDS and
 * TRM_RUNS_FRESH (0, 1, or the moment since which runs are fresh), else the laptop budget with the stored seeds.
 * @throws Error that names the variable with a wrong value.
 */
export function notebookSettings(env: NodeJS.ProcessEnv = process.env): NotebookSettings {
  const result = schema.safeParse(env);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new Error(`the environment variable ${issue.path.join(".")} is wrong: ${issue.message}`);
  }
  const { TRM_BUDGET, TRM_SEEDS, TRM_RUNS_FRESH } = result.data;
  return {
    budget: TRM_BUDGET,
    seeds: TRM_SEEDS,
    fresh: TRM_RUNS_FRESH !== "0",
    since: TRM_RUNS_FRESH.length > 1 ? Date.parse(TRM_RUNS_FRESH) : performance.timeOrigin,
  };
}
