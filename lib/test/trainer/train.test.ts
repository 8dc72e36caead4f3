import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { flatten, startEngine, tf } from "tfjs-compile";
import { needsPlugin } from "../../../packages/engine/test/pjrt";
import { createTrainer, type StepReport, type Trainer, train } from "../../src/trainer";
import { tinyModel, tinyTask, tinyTraining } from "./support";

const start = (): Trainer =>
  createTrainer(tinyModel(), tinyTraining, tinyTask.train, { augment: tinyTask.augment });

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
        pauseAfter: (step) => step === 2,
        onStep: ({ step }) => {
          if (step % 2 === 0) seen.push([step, trainer.hostState().step]);
        },
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
