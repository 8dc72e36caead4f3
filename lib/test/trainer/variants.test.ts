import assert from "node:assert/strict";
import { before, test } from "node:test";
import { compile, disposeTree, flatten, learning, mapTree, startEngine, tf } from "tfjs-compile";
import { runningPjrt } from "../../../packages/engine/src/pjrt/engine";
import { needsPlugin } from "../../../packages/engine/test/pjrt";
import { testBatches } from "../../src/batches";
import {
  createModel,
  emptyCarry,
  hrmModel,
  linear,
  linearWeight,
  type Model,
  type ModelConfig,
  type ModelParams,
  type Network,
  passesPerStep,
  refill,
} from "../../src/model";
import { createRandom } from "../../src/random";
import { createTrainer, lossAndGrads, type StepReport, type Trainer, train } from "../../src/trainer";
import { toTensors } from "../../src/trainer/batch";
import { tinyModel, tinyTask, tinyTraining } from "./support";

before(() => startEngine());

/** The paper's comparisons and ideas that failed, each as configuration alone. */
const variants: Readonly<Record<string, Partial<ModelConfig>>> = {
  HRM: hrmModel,
  "two networks": { networks: 2 },
  "one-step gradient": { recursion: "one-step" },
  "continue loss": { halting: "continue" },
  "one latent": { recursion: "single-latent" },
  "many latents": { recursion: "many-latents", n: 3 },
  "four layers": { layers: 4, n: 1 },
  "two networks of different depth": { networks: 2, layers: 1, answerLayers: 2, n: 1 },
  "mixture of experts, best one": { experts: 3 },
  "mixture of experts, best two, MLP mixer": {
    experts: 4,
    expertsPerToken: 2,
    mixer: "mlp",
    positions: "none",
  },
  "direct prediction": { recursion: "direct", layers: 4, n: 1, T: 1, supervisionSteps: 1 },
  "deep supervision alone": { recursion: "direct", layers: 4, n: 1, T: 1 },
  "gradient through all latent recursions": { T: 3, gradientRecursions: 3 },
  "no deep supervision": { supervisionSteps: 1 },
  "no deep supervision, HRM": { ...hrmModel, supervisionSteps: 1 },
  "no deep supervision, equal depth": { supervisionSteps: 1, T: 6 },
};

/** Loss and gradients of the first training step on the first test puzzles. */
function firstStep(model: Model, params: ModelParams, training = tinyTraining) {
  const [batch] = testBatches(tinyTask.test, 8);
  const tensors = toTensors(batch);
  const carry = refill(params, emptyCarry(model, 8), tensors);
  return lossAndGrads(model, training, params, carry, tf.zeros([8], "int32"));
}

const start = (changes: Partial<ModelConfig>, steps: number): Trainer =>
  createTrainer(
    tinyModel({ widthMultiple: 32, ...changes }),
    { ...tinyTraining, weightDecay: 0, totalSteps: steps },
    tinyTask.train,
  );

for (const [name, changes] of Object.entries(variants)) {
  test(`${name}: the loss falls`, async () => {
    const before = tf.memory().numTensors;
    const trainer = start(changes, 40);
    const { steps, evaluations } = await train(trainer, { test: tinyTask.test });
    const mean = (part: readonly StepReport[]) => part.reduce((sum, { loss }) => sum + loss, 0) / part.length;
    const [first, last] = [mean(steps.slice(0, 5)), mean(steps.slice(-10))];
    assert.ok(last < 0.9 * first, `${first} -> ${last}`);
    assert.equal(evaluations[0].bySteps.length, trainer.model.config.supervisionSteps);
    trainer.dispose();
    assert.equal(tf.memory().numTensors, before);
  });

  test(`${name}: compiled or not, loss and gradients are the same`, () => {
    const model = tinyModel({ widthMultiple: 32, ...changes });
    const params = model.init(createRandom(4));
    const compiled = compile((params: ModelParams) => firstStep(model, params));
    const [eager, fast] = [firstStep(model, params), compiled(params)];
    const [expected, actual] = [eager, fast].map(({ value, grads }) => flatten([value, grads]));
    expected.forEach((tensor, i) => {
      const difference = tf.max(tf.abs(tf.sub(tensor, actual[i]))).dataSync()[0];
      assert.ok(difference < 1e-5, `leaf ${i} of loss and gradients differs by ${difference}`);
    });
    compiled.dispose();
    disposeTree([eager.value, eager.grads, fast.value, fast.grads]);
  });

  test(`${name}: it takes as many passes through the network as it says`, () => {
    const counted = { withGradient: 0, withoutGradient: 0 };
    const counting: Network<tf.Tensor2D> = {
      init: ({ hiddenSize }, random) => linearWeight(hiddenSize, hiddenSize, random),
      apply: (_config, weight) => (h) => {
        counted[learning() ? "withGradient" : "withoutGradient"]++;
        return linear(h, weight);
      },
    };
    const model = createModel(tinyModel(changes).config, { network: counting });
    firstStep(model, model.init(createRandom(1)));
    assert.deepEqual(counted, passesPerStep(model.config));
  });
}

test("without deep supervision every puzzle gets one step, from the initial latents", async () => {
  for (const changes of [{ supervisionSteps: 1 }, { ...hrmModel, supervisionSteps: 1 }]) {
    const trainer = start({ ...changes, exploration: 1 }, 3);
    const { steps } = await train(trainer);
    assert.deepEqual(
      steps.map(({ halted, supervisionSteps }) => [halted, supervisionSteps]),
      [1, 2, 3].map(() => [8, 1]),
    );
    const { params, carry } = trainer.state;
    const { latents } = refill(params, carry, carry.batch);
    for (const [name, latent] of Object.entries(latents)) {
      const moved = tf.max(tf.abs(tf.sub(latent, params.initialLatents[name]))).dataSync()[0];
      assert.equal(moved, 0, name);
    }
    trainer.dispose();
  }
});

test("the halting loss counts with its weight", () => {
  const model = tinyModel();
  const params = model.init(createRandom(4));
  for (const haltingWeight of [0.5, 0.05, 0]) {
    const { value, aux } = firstStep(model, params, { ...tinyTraining, haltingWeight });
    const [answer, halting] = aux.metrics.dataSync().slice(5, 7);
    const expected = (answer + haltingWeight * halting) / 8;
    assert.ok(Math.abs(value.dataSync()[0] - expected) < 1e-5, `weight ${haltingWeight}`);
  }
});

test("the early phase trains as a model with its settings does, and the rest as the whole model", async () => {
  const early = { earlySupervisionSteps: 1, earlyN: 1, earlyT: 1, earlyGradientRecursions: 1 };
  const trainer = createTrainer(
    tinyModel({ gradientRecursions: 2 }),
    { ...tinyTraining, earlySteps: 3, ...early },
    tinyTask.train,
  );
  const other = createTrainer(tinyModel({ supervisionSteps: 1, n: 1, T: 1 }), tinyTraining, tinyTask.train);
  const reports: StepReport[] = [];
  for (let step = 1; step <= 6; step++) {
    reports.push(await trainer.next());
    if (step <= 3) assert.deepEqual(reports[step - 1], await other.next());
  }
  assert.deepEqual(
    reports.slice(0, 3).map(({ halted, supervisionSteps }) => [halted, supervisionSteps]),
    [1, 2, 3].map(() => [8, 1]),
  );
  // All puzzles are new in step 4 and have three steps from then on.
  assert.deepEqual(
    reports.slice(3).map(({ halted }) => halted),
    [0, 0, 8],
  );
  trainer.dispose();
  other.dispose();
  assert.throws(
    () =>
      createTrainer(
        tinyModel({ recursion: "many-latents" }),
        { ...tinyTraining, earlySteps: 1, earlyN: 1 },
        tinyTask.train,
      ),
    /training\.earlyN is 1, but model\.recursion "many-latents" has a latent for each of its 2 updates/,
  );
});

test("the experts' balance is in the loss with its weight, and the router learns from it", () => {
  const step = (expertBalance: number) => {
    const model = tinyModel({ experts: 3, expertBalance });
    return firstStep(model, model.init(createRandom(4)));
  };
  const [without, withIt] = [step(0), step(0.5)];
  const balance = (withIt.aux.output.auxiliaryLoss?.dataSync()[0] ?? Number.NaN) / 0.5;
  assert.ok(balance > 1 && balance < 3, `${balance}`);
  const added = withIt.value.dataSync()[0] - without.value.dataSync()[0];
  assert.ok(Math.abs(added - 0.5 * balance) < 1e-5, `${added}`);
  const routers = [without, withIt].map(({ grads }) => {
    const leaves: tf.Tensor[] = [];
    mapTree(grads, (tensor, path) => {
      if (path.endsWith("router")) leaves.push(tensor);
      return tensor;
    });
    return leaves;
  });
  assert.equal(routers[0].length, 2);
  routers[0].forEach((gradient, layer) => {
    assert.ok(tf.max(tf.abs(gradient)).dataSync()[0] > 0, "the answer's loss reaches the router");
    assert.ok(tf.max(tf.abs(tf.sub(gradient, routers[1][layer]))).dataSync()[0] > 0, "so does the balance");
  });
});

test("on a PJRT device a mixture of experts learns as in TensorFlow", needsPlugin, async () => {
  const losses = async (backend: "tensorflow" | "pjrt") => {
    await startEngine({ backend });
    const trainer = start({ experts: 4, expertsPerToken: 2 }, 8);
    const { steps } = await train(trainer);
    trainer.dispose();
    return steps.map(({ loss }) => loss);
  };
  const [expected, actual] = [await losses("tensorflow"), await losses("pjrt")];
  actual.forEach((loss, i) => {
    assert.ok(
      Math.abs(loss - expected[i]) < 1e-3 * expected[i],
      `step ${i + 1}: ${loss}, not ${expected[i]}`,
    );
  });
  assert.equal(runningPjrt()?.tensors.memory().tensors, 0);
  await startEngine({ backend: "tensorflow" });
});
