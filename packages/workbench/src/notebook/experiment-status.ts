import {
  type MissingRun,
  type PlannedVariant,
  type RunEvent,
  type RunProgress,
  runProgress,
} from "../experiments";
import { inNotebook, type NotebookOutput, showBundle } from "../terminal/tslab";

/** The progress of an experiment's runs. */
export interface ExperimentStatus {
  begin(plan: readonly PlannedVariant[], missing: readonly MissingRun[]): void;
  update(run: MissingRun, event: RunEvent): void;
  /** Shows the last state. */
  done(): void;
}

/**
 * Tells how far the runs of an experiment are: in a notebook a line for all of them and one for each run under way, which change
 * in place; in a terminal a line when a run begins or ends.
 */
export function experimentStatus(title: string): ExperimentStatus {
  const underWay = new Map<MissingRun, RunProgress>();
  let [planned, toTrain, ended] = [0, 0, 0];
  let output: NotebookOutput | undefined;
  let shownAt = Number.NEGATIVE_INFINITY;

  const headline = () =>
    toTrain === 0
      ? `${title}: ${planned} of ${planned} runs from the store`
      : `${title}: ${planned - toTrain + ended} of ${planned} runs done`;
  const show = () => {
    const text = [headline(), ...[...underWay.values()].map((run) => `  ${run.line()}`)].join("\n");
    shownAt = performance.now();
    if (output) output.update({ "text/plain": text });
    else output = showBundle({ "text/plain": text });
  };
  return {
    begin(plan, missing) {
      planned = new Set(plan.flatMap(({ runs }) => runs.map(({ hash }) => hash))).size;
      toTrain = missing.length;
      if (inNotebook()) show();
      else console.log(headline());
    },
    update(run, event) {
      if (event.event === "begin") underWay.set(run, runProgress(run.name));
      underWay.get(run)?.update(event);
      if (event.event === "end") {
        underWay.delete(run);
        if ("trained" in event.outcome) ended++;
      }
      const isTurn = event.event === "begin" || event.event === "end";
      if (inNotebook()) {
        if (isTurn || performance.now() - shownAt > 500) show();
      } else if (isTurn) {
        console.log(event.event === "begin" ? `  ${run.name} begins` : `  ${run.name} ends; ${headline()}`);
      }
    },
    done() {
      if (output) show();
    },
  };
}
