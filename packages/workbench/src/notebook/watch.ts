import { type EvaluationReport, type History, type Trainer, type TrainOptions, train } from "trm/trainer";
import { accuracyFigure, type Curve, type Figure } from "../figures";
import { onInterrupt } from "../terminal/interrupt";
import { progress } from "../terminal/progress";
import { liveFigure } from "./live";

/** What {@link watchTraining} may be told besides what training takes. */
export interface WatchOptions extends TrainOptions {
  /** Title of the live chart. */
  readonly title: string;
  /** What the run is called in the chart. Default "TRM". */
  readonly name?: string;
  /** Saves the finished chart under this name in `figures/`. */
  readonly saveAs?: string;
}

/**
 * Trains in a notebook (or a terminal): a progress bar, a chart of the held-out accuracy that grows, and an
 * interrupt of the cell that stops after the steps under way and keeps the state.
 */
export async function watchTraining(trainer: Trainer, options: WatchOptions): Promise<History> {
  const { title, name = "TRM", saveAs, untilStep = trainer.config.totalSteps } = options;
  const bar = progress(untilStep, { start: trainer.step, label: name });
  const chart = liveFigure();
  const evaluations: EvaluationReport[] = [];
  let accuracy: number | undefined;
  try {
    const history = await train(trainer, {
      signal: onInterrupt(),
      ...options,
      async onStep(report) {
        bar.update(report.step, { loss: report.loss, accuracy });
        await options.onStep?.(report);
      },
      async onEvaluation(report, trainer) {
        accuracy = report.puzzles;
        evaluations.push(report);
        chart.update(() => evaluationFigure(evaluations, { title, name }));
        await options.onEvaluation?.(report, trainer);
      },
    });
    bar.done();
    await chart.done(saveAs);
    return history;
  } finally {
    bar.done();
  }
}

/** Accuracy over training steps, of live and averaged weights, for whole puzzles and cells. */
export function evaluationFigure(
  evaluations: readonly EvaluationReport[],
  { title, name = "TRM" }: { title: string; name?: string },
): Figure {
  return accuracyFigure({ title, curves: evaluationCurves(evaluations, name) });
}

/** One curve for each kind of weights and each measure that a run was evaluated with. */
export function evaluationCurves(
  evaluations: readonly Pick<EvaluationReport, "step" | "weights" | "puzzles" | "cells">[],
  name: string,
): Curve[] {
  return (["ema", "live"] as const).flatMap((weights) => {
    const own = evaluations.filter((evaluation) => evaluation.weights === weights);
    if (own.length === 0) return [];
    return (["puzzles", "cells"] as const).map((measure) => ({
      name,
      weights,
      measure,
      steps: own.map(({ step }) => step),
      seeds: [own.map((evaluation) => evaluation[measure])],
    }));
  });
}
