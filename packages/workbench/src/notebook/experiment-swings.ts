import type { StoredRun } from "../experiments";
import type { ResultsRow } from "./experiment-table";

/** The part of an `ExperimentResult` that is read. */
interface Runs {
  readonly variants: readonly {
    readonly variant: { readonly name: string };
    readonly runs: readonly Pick<StoredRun, "seed" | "evaluations">[];
  }[];
}

/**
 * The swings of accuracy in an experiment's runs, for a table: a row for each run and kind of weights that was evaluated.
 * Percent of held-out puzzles: the largest fall from one evaluation to the next, the best evaluation, the last.
 * @example
 * const plan = planExperiment(experiments.ema, { budget: "laptop", seeds: 1 });
 * const result = experimentResult(experiments.ema, "laptop", plan);
 * showTable(swingsFrame(result), { digits: 1 });
 */
export function swingsFrame({ variants }: Runs): ResultsRow[] {
  return variants.flatMap(({ variant, runs }) =>
    runs.flatMap(({ seed, evaluations }) =>
      (["live", "ema"] as const).flatMap((weights): ResultsRow[] => {
        const solved = evaluations.filter((row) => row.weights === weights).map(({ solved }) => 100 * solved);
        if (solved.length === 0) return [];
        return [
          {
            variant: variant.name,
            seed,
            weights,
            "largest fall %": Math.max(0, ...solved.slice(1).map((value, i) => solved[i] - value)),
            "best %": Math.max(...solved),
            "end %": solved[solved.length - 1],
          },
        ];
      }),
    ),
  );
}
