import { type ExperimentResult, lastEvaluation, type StoredRun } from "../experiments";
import type { Curve } from "../figures";
import { mean } from "../text";
import { type ResultsRow, stepWhenSolved } from "./experiment-table";

/**
 * Mean supervision steps per puzzle, over training: a curve for each variant, each
 * point the mean over the puzzles that were finished within a stretch of training steps.
 * @param stretches so many points
 * @example
 * const plan = planExperiment(experiments.halting, { budget: "laptop", seeds: 1 });
 * const result = experimentResult(experiments.halting, "laptop", plan);
 * const figure = linesFigure({ title: "Thinking time", yTitle: "supervision steps", curves: thinkingCurves(result) });
 */
export function thinkingCurves({ variants }: ExperimentResult, stretches = 20): Curve[] {
  return variants.flatMap(({ variant, runs }): Curve[] => {
    if (runs.length === 0) return [];
    const points = runs.map((run) => stretchesOf(run, stretches));
    return [
      {
        name: variant.name,
        steps: points[0].map(({ step }) => step),
        seeds: points.map((stretch) => stretch.map(({ used }) => used)),
      },
    ];
  });
}

/** The mean of each stretch, at its last step; NaN where no puzzle was finished in it. */
function stretchesOf({ steps }: StoredRun, stretches: number): { step: number; used: number }[] {
  const length = Math.ceil(steps.step.length / stretches);
  return Array.from({ length: Math.ceil(steps.step.length / length) }, (_, i) => {
    const rows = [...steps.step.keys()].slice(i * length, (i + 1) * length);
    return { step: steps.step[rows[rows.length - 1]], used: usedPerPuzzle({ steps }, rows) };
  });
}

/** Supervision steps per finished puzzle. Where none was finished, their mean is NaN and counts nothing. */
function usedPerPuzzle({ steps }: Pick<StoredRun, "steps">, rows: readonly number[]): number {
  const finished = rows.filter((row) => steps.halted[row] > 0);
  const used = finished.reduce((sum, row) => sum + steps.supervisionSteps[row] * steps.halted[row], 0);
  return used / finished.reduce((sum, row) => sum + steps.halted[row], 0);
}

/**
 * The savings of halting, a row for each variant, means over seeds: the number of puzzles that were seen in the same number of training
 * steps, how long each was thought about, and what it took to solve a share of the held-out ones, in steps and in minutes of one
 * processor core.
 * @param share from 0 to 1
 */
export function thinkingFrame({ variants }: ExperimentResult, share = 0.5): ResultsRow[] {
  return variants.map(({ variant, runs }): ResultsRow => {
    const reached = runs.map(stepWhenSolved(share));
    const solved = `${100 * share}% solved`;
    return {
      variant: variant.name,
      "puzzles finished": Math.round(mean(runs.map(puzzlesFinished))),
      "supervision steps each": mean(runs.map((run) => usedPerPuzzle(run, [...run.steps.step.keys()]))),
      [`${solved} at step`]: mean(reached),
      [`${solved} after core minutes`]: mean(
        runs.map(({ facts }, i) => (reached[i] / facts.step) * (facts.processorSeconds / 60)),
      ),
      "solved %": mean(runs.map((run) => 100 * lastEvaluation(run).solved)),
      "paper %": 100 * (variant.paper ?? Number.NaN),
    };
  });
}

/** Left open where only some of the training steps are stored. */
function puzzlesFinished({ steps, facts }: StoredRun): number {
  if (steps.step.length < facts.step) return Number.NaN;
  return steps.halted.reduce((sum, count) => sum + count, 0);
}
