import assert from "node:assert/strict";
import { before, test } from "node:test";
import { flatten, mapTree, startEngine, tf } from "tfjs-compile";
import { exampleAt } from "../../src/batches";
import { createTrainer, type StepReport, slowestPuzzle, solve, type Trainer, train } from "../../src/trainer";
import { tinyModel, tinyTask, tinyTraining } from "./support";

before(() => startEngine());

function start(changes = {}): Trainer {
  return createTrainer(tinyModel(), { ...tinyTraining, ...changes }, tinyTask.train, {
    augment: tinyTask.augment,
  });
}

async function steps(trainer: Trainer, count: number): Promise<StepReport[]> {
  const reports: StepReport[] = [];
  for (let i = 0; i < count; i++) reports.push(await trainer.next());
  return reports;
}

/** Every number of the state, so that two states can be compared bit for bit. */
function numbers(trainer: Trainer): number[][] {
  return flatten(trainer.state).map((tensor) => [...tensor.dataSync()]);
}

test("the same seed gives the same numbers, another seed others", async () => {
  const [a, b, c] = [start(), start(), start({ seed: 4 })];
  const [ofA, ofB, ofC] = [await steps(a, 6), await steps(b, 6), await steps(c, 6)];
  assert.deepEqual(ofA, ofB);
  assert.deepEqual(numbers(a), numbers(b));
  assert.notDeepEqual(ofA, ofC);
  for (const trainer of [a, b, c]) trainer.dispose();
});

for (const changes of [{}, { optimizer: "muon", startNoise: 0.5 }] as const) {
  test(`a run that is stopped and resumed equals one that never was, bit for bit ${JSON.stringify(changes)}`, async () => {
    const whole = start(changes);
    const reports = await steps(whole, 8);

    const first = start(changes);
    await steps(first, 5);
    const host = JSON.parse(JSON.stringify(first.hostState()));
    const state = mapTree(first.state, (tensor) =>
      tf.tensor(tensor.dataSync().slice(), tensor.shape, tensor.dtype),
    );
    first.dispose();
    const resumed = createTrainer(tinyModel(), { ...tinyTraining, ...changes }, tinyTask.train, {
      augment: tinyTask.augment,
      resume: { state, host },
    });
    assert.deepEqual(await steps(resumed, 3), reports.slice(5));
    assert.deepEqual(numbers(resumed), numbers(whole));
    whole.dispose();
    resumed.dispose();
  });
}

test("live settings give the same steps as fixed ones, and what changes is followed from the step after next", async () => {
  const { learningRate, ema } = tinyTraining;
  const { supervisionSteps } = tinyModel().config;
  let settings = { learningRate, ema, supervisionSteps };
  const [fixed, live] = [
    start(),
    createTrainer(tinyModel(), tinyTraining, tinyTask.train, {
      augment: tinyTask.augment,
      live: () => settings,
    }),
  ];
  const [expected, found] = [await steps(fixed, 4), await steps(live, 4)];
  found.forEach(({ loss, halted }, i) => {
    assert.ok(Math.abs(loss - expected[i].loss) < 1e-6, `step ${i}: ${loss} and ${expected[i].loss}`);
    assert.equal(halted, expected[i].halted);
  });
  settings = { learningRate: 0, ema: 0, supervisionSteps: 1 };
  await steps(live, 1);
  const before = flatten(live.params("live").weights).map((tensor) => [...tensor.dataSync()]);
  const [{ halted }] = await steps(live, 1);
  assert.equal(halted, tinyTraining.batchSize, "every puzzle ends after one step");
  for (const which of ["live", "ema"] as const)
    assert.deepEqual(
      flatten(live.params(which).weights).map((tensor) => [...tensor.dataSync()]),
      before,
    );
  fixed.dispose();
  live.dispose();
});

test("training lowers the loss, and every tensor is freed at the end", async () => {
  const before = tf.memory().numTensors;
  const trainer = start({ totalSteps: 60, weightDecay: 0 });
  const history = await train(trainer, { test: tinyTask.test, evaluateEvery: 30, weights: ["live", "ema"] });
  const mean = (part: readonly StepReport[]) => part.reduce((sum, { loss }) => sum + loss, 0) / part.length;
  const [first, last] = [mean(history.steps.slice(0, 5)), mean(history.steps.slice(-10))];
  assert.ok(last < 0.8 * first, `${first} -> ${last}`);
  assert.deepEqual(
    history.evaluations.map(({ step, weights }) => [step, weights]),
    [
      [30, "live"],
      [30, "ema"],
      [60, "live"],
      [60, "ema"],
    ],
  );
  for (const { count, bySteps, cells } of history.evaluations) {
    assert.equal(count, 24);
    assert.equal(bySteps.length, 3);
    assert.ok(cells > 0.3 && cells <= 1);
  }
  assert.equal(history.interrupted, false);
  trainer.dispose();
  assert.equal(tf.memory().numTensors, before);
});

test("an interrupt stops after the steps under way and keeps the state", async () => {
  const trainer = start();
  const controller = new AbortController();
  const history = await train(trainer, {
    signal: controller.signal,
    onStep: ({ step }) => {
      if (step === 4) controller.abort();
    },
  });
  assert.equal(history.interrupted, true);
  // Step 5 was under way when step 4 was reported; its report is not lost.
  assert.deepEqual([trainer.step, history.steps.at(-1)?.step], [5, 5]);
  const uninterrupted = start();
  await steps(uninterrupted, 6);
  await train(trainer, { untilStep: 6 });
  assert.deepEqual(numbers(trainer), numbers(uninterrupted));
  trainer.dispose();
  uninterrupted.dispose();
});

test("accuracy by supervision steps may go beyond those trained with", async () => {
  const trainer = start();
  const evaluation = await trainer.evaluate(tinyTask.test, { supervisionSteps: 5, batchSize: 7 });
  assert.equal(evaluation.bySteps.length, 5);
  assert.equal(evaluation.count, 24, "padding rows do not count");
  trainer.dispose();
});

test("without TensorFlow a step gives the same loss on wasm", async () => {
  const trainer = start();
  const [onTensorFlow] = await steps(trainer, 1);
  trainer.dispose();
  await startEngine({ backend: "wasm" });
  const slow = start();
  const [onWasm] = await steps(slow, 1);
  slow.dispose();
  await startEngine({ backend: "tensorflow" });
  assert.ok(Math.abs(onWasm.loss - onTensorFlow.loss) < 1e-4 * onTensorFlow.loss);
});

test("bfloat16 stays close to float32", async () => {
  const [exact, rounded] = [start(), start({ precision: "bfloat16" })];
  const [a, b] = [await steps(exact, 3), await steps(rounded, 3)];
  a.forEach(({ loss }, i) => {
    assert.ok(Math.abs(loss - b[i].loss) < 0.03 * loss, `${loss} and ${b[i].loss}`);
  });
  assert.notEqual(a[0].loss, b[0].loss);
  exact.dispose();
  rounded.dispose();
});

test("settings and data that do not fit are refused by name", () => {
  assert.throws(() => start({ batchSize: 0 }), /training\.batchSize is 0; it must be a whole number/);
  assert.throws(() => start({ ema: 1 }), /training\.ema is 1; it must be at least 0 and below 1/);
  assert.throws(
    () => tinyModel({ heads: 5 }),
    /model\.heads is 5; it must divide model\.hiddenSize, which is 32/,
  );
  assert.throws(() => tinyModel({ n: 0 }), /model\.n is 0/);
  assert.throws(
    () => createTrainer(tinyModel({ seqLen: 36 }), tinyTraining, tinyTask.train),
    /has 16 tokens per puzzle, but model\.seqLen is 36/,
  );
});

test("solving tells the answer after every step; the slowest puzzle is the one that was wrong longest", async () => {
  const trainer = start({ totalSteps: 40 });
  await train(trainer);
  const { inputs } = exampleAt(tinyTask.test, 0);
  const thoughts = await solve(trainer.reasoner, trainer.params("live"), inputs);
  assert.equal(thoughts.length, 3);
  for (const { tokens, confidence, qHalt } of thoughts) {
    assert.equal(tokens.length, 16);
    assert.ok(confidence.every((p) => p > 1 / 6 && p <= 1) && Number.isFinite(qHalt));
  }
  const slowest = await slowestPuzzle(trainer.reasoner, trainer.params("live"), tinyTask.test, {
    batchSize: 7,
  });
  const right = slowest.thoughts.map(({ tokens }) =>
    tokens.every((token, cell) => token === slowest.labels[cell]),
  );
  assert.ok(right.at(-1) === true || slowest.thoughts.length === 3);
  await assert.rejects(
    () => solve(trainer.reasoner, trainer.params("live"), [1, 2]),
    /has 2 tokens, but the model expects 16/,
  );
  trainer.dispose();
});
