import { type Budget, type Experiment, sideBySide, storedResult, variantVerdict } from "../experiments";
import type { Figure } from "../figures";
import { curvesFigure, experimentCurves } from "./experiment-curves";
import { accuracyInWords } from "./experiment-findings";
import type { ResultsRow } from "./experiment-table";

/**
 * The stored runs of an experiment on all of its tasks side by side, for a table: a row for each variant, two columns for each
 * task. Nothing trains.
 * @example
 * showTable(budgetsFrame(experiments.latents)); // 6x6 Sudoku solved, 6x6 Sudoku verdict, 9x9 Sudoku solved, …, paper %
 */
export function budgetsFrame(experiment: Experiment): ResultsRow[] {
  const results = sideBySide(experiment);
  return experiment.variants.map(({ name, paper = Number.NaN }, i): ResultsRow => {
    const columns = results.flatMap(({ task, rows }) => [
      [
        `${task}, solved`,
        `${accuracyInWords(rows[i])}${rows[i].accuracies.length === 1 ? ", one seed" : ""}`,
      ],
      [`${task}, verdict`, variantVerdict(rows[i], rows)],
    ]);
    return { variant: name, ...Object.fromEntries(columns), "paper %": 100 * paper };
  });
}

/**
 * Accuracy over training of an experiment's stored runs with one amount of training; without curves where none is stored. Nothing
 * trains.
 * @example
 * const figure = storedCurves(experiments.latents, "desktop");
 */
export function storedCurves(experiment: Experiment, budget: Budget): Figure {
  const result = storedResult(experiment, budget);
  return curvesFigure(experiment, result.task, experimentCurves(result));
}
