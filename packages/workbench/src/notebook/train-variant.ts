import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ModelParts } from "trm/model";
import type { RunConfig } from "../config";
import { type ExperimentResult, lastEvaluation } from "../experiments";
import { readEvaluations, runTraining } from "../runs";
import { onInterrupt, Stopped } from "../terminal/interrupt";
import type { MeasuredExperiment, MeasuredRun } from "./experiment-table";
import { noteRun } from "./my-runs";
import { notebookSettings } from "./settings";
import { trainingView } from "./training-view";

/**
 * Trains a variant that no configuration can describe, a network or a recursion of your own, beside the stored runs of an
 * experiment: the first variant's puzzles and settings, with your components in place of its own. It trains in
 * this process whenever it is called, for a function cannot be recognized in the store.
 *
 * @param result of an experiment; its first variant is what the parts are put into
 * @param name what tables and charts call the variant; it trains with the first seed unless TRM_SEEDS asks for more
 * @returns the result with this variant at its end
 * @throws Error when the cell was interrupted
 * @example no-run
 * const plain = await runExperiment(experiments.mixerOnSudoku, { variants: ["MLP"] });
 * const oneLayer: Network<tf.Tensor2D> = {
 *   init: ({ hiddenSize }, random) => linearWeight(hiddenSize, hiddenSize, random),
 *   apply: (_config, weight) => (h) => tf.tanh(linear(h, weight)),
 * };
 * const both = await trainVariant(plain, "one layer", { network: oneLayer });
 * showTable(resultsFrame(both));
 */
export async function trainVariant(
  result: ExperimentResult,
  name: string,
  parts: ModelParts,
): Promise<MeasuredExperiment> {
  const [{ planned }] = result.variants;
  const { seeds = 1 } = notebookSettings();
  const runs: MeasuredRun[] = [];
  for (const { seed, config } of planned.slice(0, seeds)) {
    const run = await trainSeed(config, `${name}, seed ${seed}`, name, parts);
    const { solved, step: steps } = lastEvaluation(run);
    noteRun({
      experiment: result.experiment.title,
      variant: name,
      task: result.task,
      changes: `${Object.keys(parts).join(" and ")} of one's own`,
      seed,
      steps,
      solved,
      seconds: run.facts.seconds,
    });
    runs.push(run);
  }
  return { ...result, variants: [...result.variants, { variant: { name }, runs, published: [] }] };
}

/** Trains into a folder that is removed afterwards: only numbers are kept. */
async function trainSeed(
  config: RunConfig,
  title: string,
  name: string,
  parts: ModelParts,
): Promise<MeasuredRun> {
  const scratch = mkdtempSync(join(tmpdir(), "trm-variant-"));
  const view = trainingView({ title, name });
  try {
    const run = { ...config, checkpoints: { every: 0, keep: 1 } };
    const { interrupted, step, totalSteps, parameters, seconds } = await runTraining(run, {
      folder: join(scratch, "run"),
      parts,
      signal: onInterrupt(),
      onStart: (start) => view.begin(start.step, start.totalSteps),
      onStep: view.step,
      onEvaluation: view.evaluation,
    });
    if (interrupted) {
      throw new Stopped(`stopped at step ${step} of ${totalSteps}: run this cell again to begin again`);
    }
    await view.finish();
    return {
      published: false,
      evaluations: readEvaluations(join(scratch, "run")),
      // Other work of this process would count too.
      facts: { parameters, seconds, processorSeconds: Number.NaN },
    };
  } finally {
    view.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}
