import type { FromWorker, ToWorker } from "../protocol";

/** Ticks of silence after which a worker counts as stuck; the page ticks once a second. */
export const MOST_SILENT_TICKS = 60;

/** Follows what a worker still owes the page, and how long it has said nothing. */
export interface Watch {
  sent(message: ToWorker): void;
  received(message: FromWorker): void;
  /** @returns whether the worker owes something and has been silent for too long */
  tick(): boolean;
}

/**
 * Silence is counted in ticks, not in time: in a page that sleeps, as its worker then does, no tick comes. While files load, the worker
 * says so every few seconds, so that a slow network is no silence.
 */
export function createWatch(): Watch {
  /** The request to think that is not done; a newer one takes its place. */
  let thinking: number | undefined;
  let training = false;
  let silent = 0;
  return {
    sent(message) {
      if (message.type === "think") thinking = message.id;
      else if (message.type === "startTraining" || message.type === "resumeTraining") training = true;
      else return;
      silent = 0;
    },
    received(message) {
      silent = 0;
      if (message.type === "trainingState") training = message.state === "running";
      else if (message.type === "thinkingDone" && message.id === thinking) thinking = undefined;
      else if (message.type === "error" && message.of === "train") training = false;
      else if (message.type === "error" && message.of === "think" && message.id === thinking)
        thinking = undefined;
    },
    tick() {
      if (thinking === undefined && !training) return false;
      silent += 1;
      return silent >= MOST_SILENT_TICKS;
    },
  };
}
