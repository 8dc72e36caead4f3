import {
  type Budget,
  type Experiment,
  type ExperimentResult,
  experimentResult,
  lastEvaluation,
  type MissingRun,
  type PlannedVariant,
  type RunEvent,
  type TrainedExperiment,
  trainExperiment,
} from "../experiments";
import type { Curve, Figure } from "../figures";
import { readEvaluations } from "../runs";
import { onInterrupt, Stopped } from "../terminal/interrupt";
import { curvesFigure, experimentCurves, seedCurves } from "./experiment-curves";
import { experimentStatus } from "./experiment-status";
import { liveFigure } from "./live";
import { changesOf, noteRun } from "./my-runs";
import { notebookSettings } from "./settings";

/** Options of {@link runExperiment}; defaults come from {@link notebookSettings}. */
export interface RunExperimentOptions {
  readonly budget?: Budget;
  /** Runs of each variant. @default all that are stored, at least one */
  readonly seeds?: number;
  /** Trains runs again that were stored before this notebook was started, or came with the project. */
  readonly fresh?: boolean;
  /** Runs at a time. @default one per core */
  readonly jobs?: number;
  /** The runs must have their weights, for {@link loadRun}; published runs have none. */
  readonly weights?: boolean;
  /** Names of the variants. @default all of them */
  readonly variants?: readonly string[];
  /** Draws the chart. @default true */
  readonly chart?: boolean;
  /** Saves the chart under this name in `figures/`. */
  readonly saveAs?: string;
}

/**
 * Runs an experiment in a notebook, or a terminal: stored runs are there at once, those that are missing train in processes
 * of their own, with a line for each of them and a chart that grows. An interrupt of the cell stops them after their current
 * step; the same cell, run again, goes on from there.
 *
 * @throws Error naming what is wrong in the experiment, the damaged file of a stored run, or the run that failed; or when it was
 * interrupted, so that cells which need the results do not run
 * @example no-run
 * const result = await runExperiment(experiments.fewerLayers, { saveAs: "03-curves" });
 * showTable(resultsFrame(result));
 */
export async function runExperiment(
  experiment: Experiment,
  options: RunExperimentOptions = {},
): Promise<ExperimentResult> {
  const settings = notebookSettings();
  const {
    budget = settings.budget,
    seeds = settings.seeds,
    fresh = settings.fresh,
    saveAs,
    chart: wantsChart = true,
  } = options;
  const wanted = { ...(fresh && { since: settings.since }), weights: options.weights ?? false };
  const { name: task } = experiment.tasks[budget];
  const status = experimentStatus(`${experiment.title}, ${task}`);
  const chart = liveFigure();
  const begun = new Set<MissingRun>();
  let draw: () => Figure;
  const trained = await trainExperiment(experiment, {
    budget,
    ...(seeds !== undefined && { seeds }),
    ...wanted,
    ...(options.jobs !== undefined && { jobs: options.jobs }),
    ...(options.variants && { variants: options.variants }),
    signal: onInterrupt(),
    onPlan(plan, missing) {
      status.begin(plan, missing);
      draw = () => curvesFigure(experiment, task, curvesSoFar(experiment, budget, plan, begun, wanted));
    },
    onEvent(run: MissingRun, event: RunEvent) {
      status.update(run, event);
      if (event.event === "start") begun.add(run);
      if (event.event === "evaluation" && wantsChart) chart.update(draw);
    },
  }).finally(() => status.done());
  noteRuns(trained);
  check(trained);
  if (wantsChart) chart.update(() => curvesFigure(experiment, task, experimentCurves(trained.result)));
  await chart.done(saveAs);
  return trained.result;
}

/** Of a variant without a finished run: the run under way that is furthest. */
function curvesSoFar(
  experiment: Experiment,
  budget: Budget,
  plan: readonly PlannedVariant[],
  begun: ReadonlySet<MissingRun>,
  wanted: Parameters<typeof experimentResult>[3],
): Curve[] {
  const result = experimentResult(experiment, budget, plan, wanted);
  return result.variants.flatMap((each) => {
    if (each.runs.length > 0) return experimentCurves({ ...result, variants: [each] });
    const hashes = each.planned.map(({ hash }) => hash);
    const [furthest] = [...begun]
      .filter(({ hash }) => hashes.includes(hash))
      .map(({ folder }) => readEvaluations(folder))
      .sort((a, b) => b.length - a.length);
    return furthest?.length ? seedCurves(each.variant.name, [{ evaluations: furthest }]) : [];
  });
}

/** Notes the runs that were trained now for `myRuns`. */
function noteRuns({ outcomes, result }: TrainedExperiment): void {
  for (const [{ hash }, outcome] of outcomes) {
    const found = result.variants.find(({ planned }) => planned.some((run) => run.hash === hash));
    const run = found?.runs.find((run) => run.hash === hash);
    if (!("trained" in outcome) || found === undefined || run === undefined) continue;
    const { solved, step: steps } = lastEvaluation(run);
    noteRun({
      hash,
      experiment: result.experiment.title,
      variant: found.variant.name,
      task: result.task,
      changes: changesOf(run.config),
      seed: run.seed,
      steps,
      solved,
      seconds: run.facts.seconds,
    });
  }
}

/** @throws Error for runs that failed, {@link Stopped} for those that were stopped */
function check({ outcomes, result }: TrainedExperiment): void {
  const failures = [...outcomes].flatMap(([run, outcome]) =>
    "error" in outcome ? [`${run.name}: ${outcome.error}`] : [],
  );
  if (failures.length > 0) throw new Error(failures.join("\n"));
  const planned = new Set(result.variants.flatMap(({ planned }) => planned.map(({ hash }) => hash)));
  const stored = new Set(result.variants.flatMap(({ runs }) => runs.map(({ hash }) => hash)));
  if (stored.size < planned.size) {
    throw new Stopped(
      `stopped with ${stored.size} of ${planned.size} runs done: run this cell again to go on`,
    );
  }
}
