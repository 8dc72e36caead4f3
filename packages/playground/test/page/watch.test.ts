import assert from "node:assert/strict";
import { test } from "node:test";
import { createWatch, MOST_SILENT_TICKS, type Watch } from "../../src/page/watch";

/** Ticks until the watch calls the worker stuck; undefined: not within twice the limit. */
const ticksUntilStuck = (watch: Watch): number | undefined =>
  Array.from({ length: 2 * MOST_SILENT_TICKS }, (_, i) => i + 1).find(() => watch.tick());

const think = (id: number) => ({ type: "think", id, model: "4x4", grid: [], steps: 1 }) as const;
const done = (id: number) => ({ type: "thinkingDone", id, stopped: false, milliseconds: 1 }) as const;

test("a worker that owes nothing may be silent for ever", () => {
  const watch = createWatch();
  assert.equal(ticksUntilStuck(watch), undefined);
  watch.sent(think(1));
  watch.sent(think(2));
  watch.received(done(1));
  assert.equal(watch.tick(), false);
  watch.received(done(2));
  assert.equal(ticksUntilStuck(watch), undefined);
});

test("a request without an answer is noticed, and every message begins the count anew", () => {
  const watch = createWatch();
  watch.sent(think(1));
  for (let i = 1; i < MOST_SILENT_TICKS; i++) assert.equal(watch.tick(), false);
  watch.received({ type: "loading" });
  assert.equal(ticksUntilStuck(watch), MOST_SILENT_TICKS);
  watch.received({ type: "error", of: "think", id: 1, message: "there is no such model." });
  assert.equal(ticksUntilStuck(watch), undefined);
});

test("a training is watched while it runs, not while it is paused or after it has failed", () => {
  const watch = createWatch();
  watch.sent({ type: "startTraining", model: "4x4" });
  watch.received({ type: "trainingState", state: "paused" });
  assert.equal(ticksUntilStuck(watch), undefined);
  watch.sent({ type: "resumeTraining" });
  assert.equal(ticksUntilStuck(watch), MOST_SILENT_TICKS);
  watch.received({ type: "error", of: "train", message: "the loss is no number." });
  assert.equal(ticksUntilStuck(watch), undefined);
});
