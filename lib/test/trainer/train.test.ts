import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { flatten, startEngine, tf } from "tfjs-compile";
import { needsPlugin } from "../../../packages/engine/test/pjrt";
import { createTrainer, type StepReport, type Trainer, type TrainOptions, train } from "../../src/trainer";
import { tinyModel, tinyTask, tinyTraining } from "./support";

const start = (changes: Partial<typeof tinyTraining> = {}): Trainer =>
  createTrainer(tinyModel(), { ...tinyTraining, ...changes }, tinyTask.train, { augment: tinyTask.augment });

const numbers = ({ state }: Trainer): number[][] => flatten(state).map((tensor) => [...tensor.dataSync()]);

/** The same trainer, which writes down in which order steps are started, reported and evaluated. */
function watched(trainer: Trainer): { trainer: Trainer; log: string[] } {
  const log: string[] = [];
  const spy: Partial<Trainer> = {
    async start() {
      const number = trainer.step + 1;
      log.push(`start ${number}`);
      const { step, report } = await trainer.start();
      return {
        step,
        async report() {
          const told = await report();
          log.push(`report ${told.step}`);
          return told;
        },
      };
    },
    evaluate(...args) {
      log.push(`evaluate at ${trainer.step}`);
      return trainer.evaluate(...args);
    },
  };
  // The trainer's getters stay its own.
  return { trainer: Object.setPrototypeOf(spy, trainer) as Trainer, log };
}

for (const backend of ["tensorflow", "pjrt"] as const) {
  describe(`training on ${backend}`, backend === "pjrt" ? needsPlugin : {}, () => {
    before(() => startEngine({ backend }));

    test("the device has its next step before the report of the last is read, except where somebody looks", async () => {
      const { trainer, log } = watched(start());
      const seen: [number, number][] = [];
      await train(trainer, {
        untilStep: 6,
        test: tinyTask.test,
        evaluateEvery: 4,
        saveEvery: 2,
        save: () => void seen.push([trainer.step, trainer.hostState().step]),
      });
      assert.deepEqual(log, [
        ...["start 1", "start 2", "report 1", "report 2"],
        ...["start 3", "start 4", "report 3", "report 4", "evaluate at 4"],
        ...["start 5", "start 6", "report 5", "report 6", "evaluate at 6"],
      ]);
      assert.deepEqual(
        seen,
        [2, 4, 6].map((step) => [step, step]),
      );
      trainer.dispose();
    });

    test("overlapping steps give the numbers of single ones, bit for bit", async () => {
      const [single, overlapping] = [start(), start()];
      const reports: StepReport[] = [];
      for (let i = 0; i < 9; i++) reports.push(await single.next());
      const { steps } = await train(overlapping, { untilStep: 9 });
      assert.deepEqual(steps, reports);
      assert.deepEqual(numbers(overlapping), numbers(single));
      assert.deepEqual(overlapping.hostState(), single.hostState());
      for (const trainer of [single, overlapping]) trainer.dispose();
    });

    test("a callback that fails leaves a trainer that can go on, and nothing behind", async () => {
      const before = tf.memory().numTensors;
      const trainer = start();
      const failing = train(trainer, {
        onStep: ({ step }) => {
          if (step === 3) throw new Error("disk full");
        },
      });
      await assert.rejects(failing, /disk full/);
      assert.equal(trainer.step, 4, "step 4 was under way and is done");
      const uninterrupted = start();
      await train(uninterrupted, { untilStep: 6 });
      await train(trainer, { untilStep: 6 });
      assert.deepEqual(numbers(trainer), numbers(uninterrupted));
      for (const each of [trainer, uninterrupted]) each.dispose();
      assert.equal(tf.memory().numTensors, before);
    });

    test("an error of the device comes with the step that it happened in", async () => {
      const trainer = start();
      const failing: Trainer = Object.setPrototypeOf(
        {
          async start() {
            const { step, report } = await trainer.start();
            if (step < 3) return { step, report };
            await report();
            throw new Error(`out of memory in step ${step}`);
          },
        } satisfies Partial<Trainer>,
        trainer,
      );
      const told: number[] = [];
      const training = train(failing, { onStep: ({ step }) => void told.push(step) });
      await assert.rejects(training, /out of memory in step 3/);
      assert.deepEqual(told, [1, 2]);
      trainer.dispose();
    });
  });
}

describe("the schedule of a run", () => {
  before(() => startEngine({ backend: "tensorflow" }));

  test("intervals are steps, shares of the whole run, or its end only", async () => {
    const schedule = async (evaluateEvery: number, saveEvery: number) => {
      const trainer = start();
      const saved: number[] = [];
      const save = () => void saved.push(trainer.step);
      const { evaluations } = await train(trainer, { test: tinyTask.test, evaluateEvery, saveEvery, save });
      trainer.dispose();
      return [evaluations.map(({ step }) => step), saved];
    };
    // tinyTraining has 20 steps.
    assert.deepEqual(await schedule(0.26, 0), [[5, 10, 15, 20], [20]]);
    assert.deepEqual(await schedule(0, 8), [[20], [8, 16, 20]]);
    for (const every of [-1, 2.5, Number.NaN]) {
      await assert.rejects(schedule(every, 0), /evaluateEvery is .*; it must be a whole number of steps/);
    }
  });

  test("several test sets are evaluated as one, with the batch size and supervision steps asked for", async () => {
    const trainer = start({ totalSteps: 1 });
    const { evaluations } = await train(trainer, {
      test: [tinyTask.test, tinyTask.test],
      evaluation: { batchSize: 7, supervisionSteps: 5 },
    });
    const [{ count, cells, bySteps }] = evaluations as [(typeof evaluations)[0]];
    assert.deepEqual([count, bySteps.length], [48, 5]);
    const once = await trainer.evaluate(tinyTask.test, { batchSize: 7, supervisionSteps: 5 });
    assert.equal(cells, once.cells);
    trainer.dispose();
  });

  test("an evaluation that was cut short reports nothing, is saved as due, and is done by the next call", async () => {
    const trainer = start();
    const stop = new AbortController();
    const due: boolean[] = [];
    const options = {
      test: tinyTask.test,
      weights: ["live", "ema"],
      untilStep: 3,
      save: ({ evaluationDue }) => void due.push(evaluationDue),
    } as const satisfies TrainOptions;
    const evaluate = trainer.evaluate;
    // Aborted between the evaluations of the two kinds of weights.
    const aborting: Trainer = Object.setPrototypeOf(
      {
        async evaluate(...args: Parameters<typeof evaluate>) {
          const evaluation = await evaluate(...args);
          stop.abort();
          return evaluation;
        },
      },
      trainer,
    );
    const cut = await train(aborting, { ...options, signal: stop.signal });
    assert.deepEqual([cut.evaluations.length, due], [0, [true]]);
    const { evaluations } = await train(trainer, { ...options, evaluationDue: true });
    assert.deepEqual(
      evaluations.map(({ step, weights }) => [step, weights]),
      [
        [3, "live"],
        [3, "ema"],
      ],
    );
    assert.deepEqual(due, [true, false]);
    trainer.dispose();
  });

  test("a loss that is NaN ends training at its step, and nothing is saved", async () => {
    const trainer = start({ learningRate: 1e38, warmupSteps: 0 });
    let saves = 0;
    const training = train(trainer, { save: () => void saves++ });
    await assert.rejects(training, /the loss became NaN at step \d+: try a lower training\.learningRate/);
    assert.equal(saves, 0);
    trainer.dispose();
  });
});
