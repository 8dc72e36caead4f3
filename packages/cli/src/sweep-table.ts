import {
  lastEvaluation,
  type PendingRun,
  type RunOutcome,
  type StoredRun,
  variantVerdict,
} from "trm-workbench/experiments";
import { count, duration, mean, numberTable, percent } from "trm-workbench/text";
import { pendingText } from "./sweep-pending";

/** A run of a sweep that trained to its end. Accuracies are those of the averaged weights in the last evaluation. */
export interface FinishedRun {
  readonly step: number;
  /** Seconds spent in training steps. */
  readonly seconds: number;
  readonly solved: number;
  readonly cells: number;
  readonly halting: number;
  /** Mean supervision steps of a puzzle that halted in the last tenth of training. */
  readonly supervisionSteps: number;
  /** True if it was stored before the sweep began. */
  readonly reused: boolean;
}

/** The outcome of one run of a sweep. */
export type SweptRun = { readonly seed: number; readonly folder: string } & (
  | FinishedRun
  | { readonly error: string }
  | { readonly interrupted: true }
  | PendingRun
);

/** The results of one variant's runs. */
export interface SweptVariant {
  readonly name: string;
  readonly runs: readonly SweptRun[];
  /** Over the runs that finished: share of held-out puzzles solved. */
  readonly solved?: { readonly mean: number; readonly least: number; readonly most: number };
  /** The paper's accuracy, where it has one. */
  readonly paper?: number;
  readonly steps?: number;
  /** Mean supervision steps of a puzzle in the last tenth of training. */
  readonly supervisionSteps?: number;
  /** Mean seconds of training. */
  readonly seconds?: number;
}

/** The result of both kinds of sweep. */
export interface Swept {
  readonly folder: string;
  readonly experiment?: string;
  readonly task?: string;
  readonly variants: readonly SweptVariant[];
}

/** The table row of a run, stored or not. */
export function sweptRun(
  run: { readonly seed: number; readonly folder: string },
  stored: StoredRun | undefined,
  outcome: RunOutcome | undefined,
): SweptRun {
  const { seed, folder } = run;
  if (stored) {
    const { solved, cells, halting } = lastEvaluation(stored);
    const { step, seconds } = stored.facts;
    return {
      seed,
      folder: stored.folder,
      step,
      seconds,
      solved,
      cells,
      halting,
      supervisionSteps: lateSupervisionSteps(stored),
      reused: outcome === undefined,
    };
  }
  if (outcome && ("error" in outcome || "state" in outcome)) return { seed, folder, ...outcome };
  return { seed, folder, interrupted: true };
}

/** Puts the runs of a variant together. */
export function sweptVariant(name: string, runs: readonly SweptRun[], paper?: number): SweptVariant {
  const shared = { name, runs, ...(paper !== undefined && { paper }) };
  const finished = runs.filter((run): run is SweptRun & FinishedRun => "solved" in run);
  if (finished.length === 0) return shared;
  const solved = finished.map((run) => run.solved);
  return {
    ...shared,
    solved: { mean: mean(solved), least: Math.min(...solved), most: Math.max(...solved) },
    steps: finished[0].step,
    supervisionSteps: mean(finished.map(({ supervisionSteps }) => supervisionSteps)),
    seconds: mean(finished.map(({ seconds }) => seconds)),
  };
}

/** The table at the end of a sweep, and below it what failed; with the paper's numbers where there are any. */
export function sweepTable(variants: readonly SweptVariant[], interrupted: boolean): string {
  const withPaper = variants.some(({ paper }) => paper !== undefined);
  const compared = variants.map(reportRow);
  const rows = variants.map((variant, i) => {
    const paper = variant.paper === undefined ? "" : percent(variant.paper);
    return [
      variant.name,
      seedsText(variant),
      ...solvedTexts(variant),
      ...(withPaper ? [paper, variantVerdict(compared[i], compared)] : []),
    ];
  });
  const head = ["variant", "seeds", "solved (ema)", "range", "supervision steps", "steps", "time"];
  const table = numberTable([...head, ...(withPaper ? ["paper", "verdict"] : [])], rows);
  const failures = variants.flatMap(({ name, runs }) =>
    runs.flatMap((run) => {
      if ("state" in run) return [`${name}, seed ${run.seed}: ${pendingText(run.folder, run)}`];
      return "error" in run ? [`${run.folder} failed: ${run.error}`] : [];
    }),
  );
  return [table, ...failures, ...(interrupted ? ["stopped: the same command goes on"] : [])].join("\n");
}

function seedsText({ runs }: SweptVariant): string {
  const finished = runs.filter((run) => "solved" in run).length;
  return finished === runs.length ? String(finished) : `${finished} of ${runs.length}`;
}

function lateSupervisionSteps({ steps, facts }: StoredRun): number {
  const late = steps.supervisionSteps.filter(
    (used, row) => steps.step[row] > 0.9 * facts.step && Number.isFinite(used),
  );
  return mean(late);
}

function solvedTexts({ solved, steps, supervisionSteps, seconds }: SweptVariant): string[] {
  if (!solved || steps === undefined || supervisionSteps === undefined || seconds === undefined)
    return ["", "", "", "", ""];
  const range = `${percent(solved.least)} to ${percent(solved.most)}`;
  const used = Number.isNaN(supervisionSteps) ? "" : supervisionSteps.toFixed(1);
  return [percent(solved.mean), range, used, count(steps), duration(seconds)];
}

const reportRow = ({ name, runs, paper }: SweptVariant) => ({
  experiment: "",
  variant: name,
  task: "",
  accuracies: runs.flatMap((run) => ("solved" in run ? [run.solved] : [])),
  ...(paper !== undefined && { paper }),
});
