import { z } from "zod";

/** How much a notebook trains: `smoke` for tests, `laptop` for minutes on two cores, `full` for the paper's own scale. */
export const budgets = ["smoke", "laptop", "full"] as const;
export type Budget = (typeof budgets)[number];

export interface NotebookSettings {
  readonly budget: Budget;
  /** Seeds that every variant is trained with. */
  readonly seeds: number;
  /** Train anew, though stored runs are there. */
  readonly fresh: boolean;
}

const schema = z.object({
  TRM_BUDGET: z.enum(budgets).default("laptop"),
  TRM_SEEDS: z.coerce.number().int().min(1).default(1),
  TRM_RUNS_FRESH: z.enum(["0", "1"]).default("0"),
});

/**
 * What a notebook was asked to do: by `npm run reproduce` through the environment variables TRM_BUDGET, TRM_SEEDS and
 * TRM_RUNS_FRESH, else the laptop budget with one seed.
 * @throws Error that names the variable with a wrong value.
 */
export function notebookSettings(env: NodeJS.ProcessEnv = process.env): NotebookSettings {
  const result = schema.safeParse(env);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new Error(`the environment variable ${issue.path.join(".")} is wrong: ${issue.message}`);
  }
  const { TRM_BUDGET, TRM_SEEDS, TRM_RUNS_FRESH } = result.data;
  return { budget: TRM_BUDGET, seeds: TRM_SEEDS, fresh: TRM_RUNS_FRESH === "1" };
}
