import type { MissingRun, PlannedVariant, RunEvent } from "../experiments";
import { inNotebook, type NotebookOutput, showBundle } from "../terminal/tslab";

/** The progress of an experiment's runs. */
export interface ExperimentStatus {
  begin(plan: readonly PlannedVariant[], missing: readonly MissingRun[]): void;
  update(run: MissingRun, event: RunEvent): void;
  /** Shows the last state. */
  done(): void;
}

interface RunState {
  readonly began: number;
  totalSteps?: number;
  /** The first step told, since a run may go on from a checkpoint. */
  first?: { readonly step: number; readonly time: number };
  step?: number;
  loss?: number;
  puzzles?: number;
}

/**
 * Tells how far the runs of an experiment are: in a notebook a line for all of them and one for each run under way, which change
 * in place; in a terminal a line when a run begins or ends.
 */
export function experimentStatus(title: string): ExperimentStatus {
  const underWay = new Map<MissingRun, RunState>();
  let [planned, toTrain, ended] = [0, 0, 0];
  let output: NotebookOutput | undefined;
  let shownAt = Number.NEGATIVE_INFINITY;

  const headline = () =>
    toTrain === 0
      ? `${title}: ${planned} of ${planned} runs from the store`
      : `${title}: ${planned - toTrain + ended} of ${planned} runs done`;
  const show = () => {
    const text = [headline(), ...[...underWay].map(([run, state]) => `  ${runLine(run, state)}`)].join("\n");
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
      if (event.event === "begin") underWay.set(run, { began: performance.now() });
      const state = underWay.get(run);
      if (state && event.event === "start") state.totalSteps = event.totalSteps;
      if (state && event.event === "step") {
        state.first ??= { step: event.step, time: performance.now() };
        Object.assign(state, { step: event.step, loss: event.loss });
      }
      if (state && event.event === "evaluation") state.puzzles = event.puzzles;
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

/** `4 layers, seed 1: step 120 of 600, loss 0.52, 12.5% solved, 2 min left`. */
function runLine({ name }: MissingRun, { totalSteps, first, step, loss, puzzles }: RunState): string {
  if (step === undefined || totalSteps === undefined || first === undefined) return `${name}: starting`;
  const perStep = (performance.now() - first.time) / Math.max(1, step - first.step);
  const minutes = ((totalSteps - step) * perStep) / 60_000;
  return [
    `${name}: step ${step} of ${totalSteps}`,
    ...(loss === undefined ? [] : [`loss ${loss.toPrecision(3)}`]),
    ...(puzzles === undefined ? [] : [`${(100 * puzzles).toFixed(1)}% solved`]),
    ...(step === first.step ? [] : [minutes < 1 ? "under 1 min left" : `${Math.round(minutes)} min left`]),
  ].join(", ");
}
