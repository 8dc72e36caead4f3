import assert from "node:assert/strict";
import { before, test } from "node:test";
import { startEngine } from "tfjs-compile";
import { createTrainer, type Trainer } from "trm/trainer";
import { tinyModel, tinyTask, tinyTraining } from "../../../../lib/test/trainer/support";
import { keptTrainer, myRuns, watchTraining } from "../../src/notebook";
import { trainingView } from "../../src/notebook/training-view";
import { emptyStore } from "../experiments/support";

before(() => startEngine());

const data = tinyTask.train;
const model = tinyModel();
const training = { ...tinyTraining, totalSteps: 6 };

/** Trains, and stops after a step as an interrupt does. */
function watch(trainer: Trainer, stopAfter = Number.POSITIVE_INFINITY) {
  const interrupt = new AbortController();
  return watchTraining(trainer, {
    title: "Sudokus",
    name: "tiny",
    test: tinyTask.test,
    evaluateEvery: 2,
    weights: ["live", "ema"],
    signal: interrupt.signal,
    onStep({ step }) {
      if (step >= stopAfter) interrupt.abort();
    },
  });
}

test("a cell that was interrupted goes on when it is run again", async (context) => {
  const shown: string[] = [];
  context.mock.method(console, "log", (text: string) => shown.push(text));
  emptyStore();
  const first = keptTrainer(model, training, data);
  await assert.rejects(watch(first, 3), {
    name: "Stopped",
    message: /^stopped at step [34] of 6: run this cell again to go on$/,
  });
  assert.deepEqual(myRuns(), []);

  assert.notEqual(keptTrainer(model, { ...training, seed: 8 }, data), first);
  assert.notEqual(keptTrainer(model, training, [data]), first);
  const again = keptTrainer(model, training, data);
  assert.equal(again, first);
  const history = await watch(again);
  const steps = [1, 2, 3, 4, 5, 6];
  assert.deepEqual(
    history.steps.map(({ step }) => step),
    steps,
  );
  const atOnce = createTrainer(model, training, data);
  for (const step of steps) assert.equal((await atOnce.next()).loss, history.steps[step - 1]!.loss);
  assert.equal(history.evaluations.at(-1)!.solved, (await atOnce.evaluate(tinyTask.test)).solved);
  assert.ok(shown.includes("[figure: A held-out puzzle, answered at step 6]"), shown.join("\n"));
  assert.ok(shown.includes("[figure: Loss on the training puzzles]"));

  assert.deepEqual(
    myRuns().map(({ variant, steps }) => [variant, steps]),
    [["tiny", 6]],
  );
  assert.notEqual(keptTrainer(model, training, data), first, "a finished run begins anew");
  for (const trainer of [first, atOnce]) trainer.dispose();
});

test("the bar ends with the loss of the last step and the last evaluation, of both weights by name", async (context) => {
  context.mock.method(console, "log", () => {});
  const drawn: string[] = [];
  context.mock.method(process.stderr, "write", (text: string) => drawn.push(text) > 0);
  const view = trainingView({ title: "Sudokus" });
  view.begin(0, 2);
  for (const step of [1, 2]) {
    view.step({ step, loss: 1 / step });
    for (const weights of ["live", "ema"] as const) {
      const solved = step / (weights === "live" ? 4 : 3);
      view.evaluation({ step, weights, solved, cells: 1, halting: 1, count: 12, bySteps: [] });
    }
  }
  await view.finish();
  assert.match(
    drawn.join("").slice(drawn.join("").lastIndexOf("TRM ")),
    /^TRM .*2\/2, loss 0\.500, solved 50\.0% \(live\), 66\.7% \(EMA\),/,
  );
});
