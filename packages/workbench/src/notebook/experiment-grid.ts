import { type ExperimentResult, lastEvaluation, type VariantResult } from "../experiments";
import { type Figure, type Heading, heatmapFigure, percent } from "../figures";
import { mean } from "../text";
import { valueAt } from "./experiment-table";

/** The two fields of a configuration that a grid is drawn over. */
export interface GridOptions extends Partial<Heading> {
  /** A path such as `model.n`. */
  readonly columns: string;
  readonly rows: string;
}

/**
 * The accuracy of an experiment whose variants are a grid over two fields, as a heat map; the mean over the seeds, with the
 * paper's number below it.
 * @throws RangeError naming a field that the configuration does not have
 * @example
 * const plan = planExperiment(experiments.depth, { budget: "laptop", seeds: 1 });
 * const result = experimentResult(experiments.depth, "laptop", plan);
 * const figure = gridFigure(result, { title: "Depth", columns: "model.n", rows: "model.T" });
 */
export function gridFigure(result: ExperimentResult, { columns, rows, ...heading }: GridOptions): Figure {
  const { experiment, task, variants } = result;
  const valuesOf = (path: string) =>
    [...new Set(variants.map(({ config }) => valueAt(config, path)))].map((value) => {
      if (typeof value === "number" || typeof value === "string") return value;
      throw new RangeError(`the runs of ${experiment.name} have no number or text at ${path}`);
    });
  const [columnValues, rowValues] = [sorted(valuesOf(columns)), sorted(valuesOf(rows))];
  const at = (row: number | string, column: number | string) =>
    variants.find(({ config }) => valueAt(config, rows) === row && valueAt(config, columns) === column);
  const grid = rowValues.map((row) => columnValues.map((column) => at(row, column)));
  const lastName = (path: string) => path.split(".").at(-1) ?? path;
  return heatmapFigure({
    title: heading.title ?? experiment.title,
    subtitle: heading.subtitle ?? `% of held-out puzzles solved, ${task}`,
    columns: { title: lastName(columns), values: columnValues },
    rows: { title: lastName(rows), values: rowValues },
    cells: grid.map((cells) => cells.map((cell) => (cell ? meanAccuracy(cell) : null))),
    notes: grid.map((cells) =>
      cells.map((cell) =>
        cell?.variant.paper === undefined ? null : `paper ${percent(cell.variant.paper)}`,
      ),
    ),
  });
}

function meanAccuracy({ runs }: VariantResult): number | null {
  return runs.length === 0 ? null : mean(runs.map((run) => lastEvaluation(run).solved));
}

function sorted(values: readonly (number | string)[]): (number | string)[] {
  return [...values].sort((a, b) => (a < b ? -1 : 1));
}
