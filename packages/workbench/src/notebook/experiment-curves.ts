import { type Experiment, lastEvaluation } from "../experiments";
import { accuracyFigure, type ComparisonRow, type Curve, type Figure, mergeSeeds } from "../figures";
import type { MeasuredExperiment, MeasuredRun } from "./experiment-table";
import { evaluationCurves } from "./training-view";

/** The evaluations of a run to draw. */
export interface CurveChoice {
  /** @default the averaged weights, which the paper evaluates */
  readonly weights?: readonly ("live" | "ema")[];
  /** Whole puzzles, single cells, or both below one another. @default whole puzzles */
  readonly measures?: readonly ("solved" | "cells")[];
}

/**
 * Accuracy over training of every variant, with a band over its seeds. Where the runs are the reader's own, those that came
 * with the project stand beside them, dashed.
 * @example
 * const plan = planExperiment(experiments.fewerLayers, { budget: "laptop", seeds: 1 });
 * const result = experimentResult(experiments.fewerLayers, "laptop", plan);
 * const figure = accuracyFigure({ title: "Fewer layers", curves: experimentCurves(result) });
 */
export function experimentCurves({ variants }: MeasuredExperiment, choice: CurveChoice = {}): Curve[] {
  return variants.flatMap(({ variant, runs, published }) => {
    const hasOwn = runs.some((run) => !run.published);
    return [
      ...seedCurves(variant.name, runs, choice),
      ...(hasOwn ? seedCurves(variant.name, published, choice) : []).map((curve) => ({
        ...curve,
        published: true,
      })),
    ];
  });
}

/** The chart of an experiment's curves. */
export function curvesFigure(
  { title }: Pick<Experiment, "title">,
  task: string,
  curves: readonly Curve[],
): Figure {
  return accuracyFigure({ title, subtitle: `held-out puzzles, ${task}`, curves });
}

/** The curves of runs that differ only in their seed. */
export function seedCurves(
  name: string,
  runs: readonly Pick<MeasuredRun, "evaluations">[],
  { weights = ["ema"], measures = ["solved"] }: CurveChoice = {},
): Curve[] {
  if (runs.length === 0) return [];
  const curves = runs.map(({ evaluations }) =>
    evaluationCurves(evaluations, name).filter(
      (curve) => weights.includes(curve.weights ?? "ema") && measures.includes(curve.measure ?? "solved"),
    ),
  );
  return mergeSeeds(curves);
}

/** Our accuracy of each variant beside the paper's, for `comparisonFigure`. */
export function comparisonRows({ variants }: MeasuredExperiment): ComparisonRow[] {
  return variants.map(({ variant, runs }) => ({
    variant: variant.name,
    ours: runs.map((run) => lastEvaluation(run).solved),
    ...(variant.paper !== undefined && { paper: variant.paper }),
  }));
}
