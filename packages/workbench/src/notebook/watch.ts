import {
  type EvaluationReport,
  type History,
  type StepReport,
  type Trainer,
  type TrainOptions,
  train,
} from "trm/trainer";
import { accuracyFigure, type Curve, type Figure } from "../figures";
import { onInterrupt } from "../terminal/interrupt";
import { type Progress, progress } from "../terminal/progress";
import { liveFigure } from "./live";

/** Options of {@link watchTraining} besides those of training. */
export interface WatchOptions extends TrainOptions {
  /** Title of the live chart. */
  readonly title: string;
  /** Name of the run in the chart. Default "TRM". */
  readonly name?: string;
  /** Saves the finished chart under this name in `figures/`. */
  readonly saveAs?: string;
}

/**
 * Trains in a notebook (or a terminal): a progress bar, a chart of the held-out accuracy that grows, and an
 * interrupt of the cell that stops after the steps under way and keeps the state.
 */
export async function watchTraining(trainer: Trainer, options: WatchOptions): Promise<History> {
  const view = trainingView(options);
  view.begin(trainer.step, options.untilStep ?? trainer.config.totalSteps);
  try {
    const history = await train(trainer, {
      signal: onInterrupt(),
      ...options,
      async onStep(report) {
        view.step(report);
        await options.onStep?.(report);
      },
      async onEvaluation(report, trainer) {
        view.evaluation(report);
        await options.onEvaluation?.(report, trainer);
      },
    });
    await view.finish(options.saveAs);
    return history;
  } finally {
    view.close();
  }
}

/** Display of training: a progress bar, and a chart of the held-out accuracy. */
export function trainingView({ title, name = "TRM" }: Pick<WatchOptions, "title" | "name">) {
  const chart = liveFigure();
  const evaluations: EvaluationReport[] = [];
  let bar: Progress | undefined;
  let accuracy: number | undefined;
  return {
    begin(step: number, untilStep: number) {
      bar = progress(untilStep, { start: step, label: name });
    },
    step({ step, loss }: StepReport) {
      bar?.update(step, { loss, accuracy });
    },
    evaluation(report: EvaluationReport) {
      accuracy = report.solved;
      evaluations.push(report);
      chart.update(() => evaluationFigure(evaluations, { title, name }));
    },
    /** Draws the finished chart, and saves it if it has a file's name. */
    async finish(saveAs?: string) {
      bar?.done();
      await chart.done(saveAs);
    },
    /** Ends the bar, also after an error. */
    close: () => bar?.done(),
  };
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
  evaluations: readonly Pick<EvaluationReport, "step" | "weights" | "solved" | "cells">[],
  name: string,
): Curve[] {
  return (["ema", "live"] as const).flatMap((weights) => {
    const own = evaluations.filter((evaluation) => evaluation.weights === weights);
    if (own.length === 0) return [];
    return (["solved", "cells"] as const).map((measure) => ({
      name,
      weights,
      measure,
      steps: own.map(({ step }) => step),
      seeds: [own.map(({ solved, cells }) => (measure === "cells" ? cells : solved))],
    }));
  });
}
