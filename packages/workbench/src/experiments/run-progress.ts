import type { RunEvent } from "./train-runs";

/** Progress of a run under way, gathered from its events. */
export interface RunProgress {
  update(event: RunEvent): void;
  /** `4 layers, seed 1: step 120 of 600, loss 0.52, 12.5% solved, 2 min left`. */
  line(): string;
}

/** Follows one run. @param name for people */
export function runProgress(name: string): RunProgress {
  let totalSteps: number | undefined;
  /** The first step that was told: a run may go on from a checkpoint. */
  let first: { readonly step: number; readonly time: number } | undefined;
  let last: { readonly step: number; readonly loss: number } | undefined;
  let solved: number | undefined;
  return {
    update(event) {
      if (event.event === "start") totalSteps = event.totalSteps;
      if (event.event === "evaluation") solved = event.solved;
      if (event.event !== "step") return;
      first ??= { step: event.step, time: performance.now() };
      last = event;
    },
    line() {
      if (totalSteps === undefined || first === undefined || last === undefined) return `${name}: starting`;
      const perStep = (performance.now() - first.time) / Math.max(1, last.step - first.step);
      const minutes = ((totalSteps - last.step) * perStep) / 60_000;
      return [
        `${name}: step ${last.step} of ${totalSteps}`,
        `loss ${last.loss.toPrecision(3)}`,
        ...(solved === undefined ? [] : [`${(100 * solved).toFixed(1)}% solved`]),
        ...(last.step === first.step
          ? []
          : [minutes < 1 ? "under 1 min left" : `${Math.round(minutes)} min left`]),
      ].join(", ");
    },
  };
}
