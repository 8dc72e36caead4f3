import type { EvaluationReport, StepReport } from "trm/trainer";
import { accuracyFigure, type Curve, type Figure, lossFigure } from "../figures";
import { type Progress, progress } from "../terminal/progress";
import { liveFigure } from "./live";

/** Names of the two kinds of weights in bars and tables. */
const weightsName = { live: "live", ema: "EMA" } as const;

/**
 * Display of training: a progress bar, a chart of the held-out accuracy, the loss, and a puzzle as the model sees it.
 * @param options.earlier what was recorded before, for training that goes on
 */
export function trainingView({
  title,
  name = "TRM",
  earlier = { steps: [], evaluations: [] },
}: {
  title: string;
  name?: string;
  earlier?: {
    readonly steps: readonly Pick<StepReport, "step" | "loss">[];
    readonly evaluations: readonly EvaluationReport[];
  };
}) {
  const [chart, loss, board] = [liveFigure(), liveFigure(), liveFigure()];
  const evaluations = [...earlier.evaluations];
  const steps = earlier.steps.map(({ step, loss }) => ({ step, loss }));
  let accuracy: Record<string, number> | undefined;
  let bar: Progress | undefined;
  return {
    begin(step: number, untilStep: number) {
      bar = progress(untilStep, { start: step, label: name });
    },
    step({ step, loss }: Pick<StepReport, "step" | "loss">) {
      steps.push({ step, loss });
      bar?.update(step, { loss });
    },
    evaluation(report: EvaluationReport) {
      accuracy = { ...accuracy, [weightsName[report.weights]]: report.solved };
      bar?.update(report.step, { accuracy });
      evaluations.push(report);
      chart.update(() => evaluationFigure(evaluations, { title, name }));
      loss.update(() => trainingLossFigure(steps, name));
    },
    /** Shows a puzzle as the model answers it now. */
    puzzle: (figure: () => Figure) => board.update(figure),
    /** Draws the finished charts, and saves that of the accuracy if it has a file's name. */
    async finish(saveAs?: string) {
      bar?.done();
      await chart.done(saveAs);
      await loss.done();
      await board.done();
    },
    /** Ends the bar, also after an error. */
    close: () => bar?.done(),
  };
}

function trainingLossFigure(steps: readonly Pick<StepReport, "step" | "loss">[], name: string): Figure {
  const curve = { name, steps: steps.map(({ step }) => step), seeds: [steps.map(({ loss }) => loss)] };
  return lossFigure({ title: "Loss on the training puzzles", curves: [curve] });
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
