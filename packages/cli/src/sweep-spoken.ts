import { type RunProgress, type RunToTrain, runProgress } from "trm-workbench/experiments";
import type { ChildOutcome } from "trm-workbench/runs";
import { duration } from "trm-workbench/text";
import type { SweepOptions } from "./sweep-plan";

/** Milliseconds between two lines about a run under way. */
const LINE_EVERY = 30_000;

/** Tells on stderr how the runs are doing, a line at a time. */
export function spoken(): Pick<SweepOptions, "begin" | "onEvent"> {
  let [missing, ended] = [0, 0];
  const underWay = new Map<RunToTrain, { readonly progress: RunProgress; saidAt: number }>();
  return {
    begin(runs, toTrain) {
      missing = toTrain;
      if (toTrain < runs) console.error(`${runs - toTrain} of ${runs} runs are stored already`);
    },
    onEvent(run, event) {
      const { name } = run;
      if (event.event === "line") console.error(`${name}: ${event.text}`);
      if (event.event === "begin") {
        underWay.set(run, { progress: runProgress(name), saidAt: performance.now() });
      }
      const state = underWay.get(run);
      state?.progress.update(event);
      if (state && event.event === "step" && performance.now() - state.saidAt > LINE_EVERY) {
        console.error(state.progress.line());
        state.saidAt = performance.now();
      }
      if (event.event !== "end") return;
      underWay.delete(run);
      ended++;
      console.error(`${name}: ${endText(event.outcome)} (${ended} of ${missing})`);
    },
  };
}

function endText(outcome: ChildOutcome): string {
  if ("error" in outcome) return `failed: ${outcome.error}`;
  if ("interrupted" in outcome) return "stopped";
  return `trained ${outcome.trained.step} steps in ${duration(outcome.trained.seconds)}`;
}
