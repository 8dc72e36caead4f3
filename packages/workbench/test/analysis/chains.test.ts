import assert from "node:assert/strict";
import { before, test } from "node:test";
import { disposeTree, startEngine, tf } from "tfjs-compile";
import { testBatches } from "trm/batches";
import { type Model, oneHot } from "trm/model";
import { createRandom } from "trm/random";
import { createReasoner, think, toTensors } from "trm/trainer";
import { tinyModel, tinyTask } from "../../../../lib/test/trainer/support";
import { toolchain } from "../../../engine/src/native/toolchain";
import {
  allChains,
  type ChainOptions,
  evaluateChains,
  latentNoise,
  type PuzzleChains,
  spoilLatents,
  thinkInChains,
} from "../../src/analysis";
import { loadModel } from "../../src/official";
import { evaluateInDetail, firstExamples } from "../../src/runs";

before(() => startEngine());

const model = tinyModel();

async function inChains(options: ChainOptions, of: Model = model): Promise<PuzzleChains[]> {
  const reasoner = createReasoner(of, "float32");
  const params = of.init(createRandom(1));
  const all: PuzzleChains[] = [];
  for await (const puzzle of thinkInChains(reasoner, params, tinyTask.test, options)) all.push(puzzle);
  reasoner.dispose();
  return all;
}

const answers = (puzzles: readonly PuzzleChains[], chain: number) =>
  puzzles.map(({ chains }) => chains[chain].map(({ tokens }) => tokens.join()).join(" "));

test("one chain and its last answer give the numbers of an evaluation", async () => {
  const reasoner = createReasoner(model, "float32");
  const params = model.init(createRandom(1));
  const options = {
    batchSize: 9,
    supervisionSteps: 4,
    ratings: Int32Array.from({ length: 24 }, (_, i) => i),
  };
  const expected = await evaluateInDetail(reasoner, params, [tinyTask.test], options);
  const found = await evaluateChains(reasoner, params, [tinyTask.test], {
    ...options,
    chains: 1,
    method: "last",
  });
  const rounded = (value: object) =>
    JSON.parse(JSON.stringify(value), (_, x) => (typeof x === "number" ? Number(x.toFixed(6)) : x));
  const facts = ({ solved, cells, halting, count, bySteps, byDifficulty }: typeof expected) =>
    rounded({ solved, cells, halting, count, bySteps, byDifficulty });
  assert.deepEqual(facts(found), facts(expected));
  assert.equal(found.score.spent, 4);
  reasoner.dispose();
});

test("chains differ by their noise, and depend on their own number alone", async () => {
  const options = { noise: 0.5, seed: 3, supervisionSteps: 3 };
  const two = await inChains({ ...options, chains: 2, batchSize: 8 });
  const three = await inChains({ ...options, chains: 3, batchSize: 60 });
  const alone = await inChains({ chains: 1, supervisionSteps: 3 });
  assert.deepEqual(answers(three, 0), answers(alone, 0), "the first chain thinks undisturbed");
  assert.deepEqual(answers(three, 1), answers(two, 1));
  assert.notDeepEqual(answers(three, 1), answers(three, 2));
  assert.notDeepEqual(answers(three, 1), answers(three, 0));
  const other = await inChains({ ...options, chains: 2, seed: 4 });
  assert.notDeepEqual(answers(other, 1), answers(two, 1));
  const starts = await inChains({ chains: 2, randomStarts: true, supervisionSteps: 3 });
  assert.notDeepEqual(answers(starts, 1), answers(starts, 0));
});

test("an answer is turned back by the symmetry under which it was given", async () => {
  const echo: Model = {
    ...model,
    forward: (_weights, latents, inputs) => ({
      latents: Object.fromEntries(Object.entries(latents).map(([name, latent]) => [name, tf.add(latent, 1)])),
      logits: oneHot(inputs, 6) as tf.Tensor3D,
      qHalt: tf.zeros([inputs.shape[0]]),
      qContinue: tf.zeros([inputs.shape[0]]),
    }),
  };
  for (const { inputs, chains } of await inChains({ chains: 4, symmetries: 4, supervisionSteps: 2 }, echo)) {
    for (const { tokens } of chains.flat()) assert.deepEqual(tokens, inputs);
  }
});

test("a batch ends when all its puzzles have enough, and tensors are freed", async () => {
  const reasoner = createReasoner(model, "float32");
  const params = model.init(createRandom(1));
  const tensors = tf.memory().numTensors;
  let count = 0;
  const options = { chains: 2, noise: 0.1, supervisionSteps: 5, batchSize: 16 };
  const enough = ({ chains }: PuzzleChains) => chains[0].length === 2;
  for await (const { chains } of thinkInChains(reasoner, params, tinyTask.test, { ...options, enough })) {
    assert.deepEqual([chains[0].length, chains[1].length], [2, 2]);
    count++;
  }
  assert.equal(count, 24);
  assert.equal(tf.memory().numTensors, tensors);
  reasoner.dispose();
});

test("noise has its size, its latents and its rows; the others stay as they are", () => {
  const latents = { y: tf.zeros([3, 40, 50]) as tf.Tensor3D, z: tf.ones([3, 40, 50]) as tf.Tensor3D };
  const rows = () => [createRandom("a"), null, createRandom("b")];
  const perturb = latentNoise({ seed: 1, rows: rows(), noise: 0.3, latents: ["y"] });
  const [first, second] = [perturb(latents, 0), perturb(latents, 1)];
  assert.equal(first.z, latents.z);
  const [a, still, b] = first.y.arraySync();
  const size = (row: number[][]) => Math.sqrt(row.flat().reduce((sum, x) => sum + x * x, 0) / 2000);
  assert.ok(Math.abs(size(a) - 0.3) < 0.03 && Math.abs(size(b) - 0.3) < 0.03);
  assert.ok(still.flat().every((x) => x === 0));
  assert.notDeepEqual(a, b);
  assert.notDeepEqual(a, second.y.arraySync()[0]);
  const again = latentNoise({ seed: 1, rows: rows(), noise: 0.3, latents: ["y"] })(latents, 0);
  assert.deepEqual(again.y.arraySync(), first.y.arraySync());

  const starts = latentNoise({ seed: 1, rows: rows(), noise: 0, latents: [], randomStarts: true });
  const started = starts(latents, 0).z.arraySync();
  assert.ok(started[1].flat().every((x) => x === 1) && Math.abs(size(started[0]) - 1) < 0.1);
  assert.equal(starts(latents, 1).z, latents.z);
});

test("latents are spoilt at their step alone, by noise or by the next puzzle's", async () => {
  const y = tf.tensor3d([1, 2, 3], [3, 1, 1]);
  const latents = { y, z: y.clone() };
  const swap = spoilLatents({ step: 1, latents: ["y"], by: "another puzzle" });
  assert.equal(swap(latents, 0).y, y);
  assert.deepEqual([...swap(latents, 1).y.dataSync()], [2, 3, 1]);
  assert.equal(swap(latents, 1).z, latents.z);
  const noise = spoilLatents({ step: 0, latents: ["z"], by: "noise", seed: 1 });
  assert.notDeepEqual(noise(latents, 0).z.dataSync(), y.dataSync());

  // Nothing but the latents of the chosen step changes what is thought.
  const reasoner = createReasoner(model, "float32");
  const params = model.init(createRandom(1));
  const batch = toTensors(testBatches(tinyTask.test, 4).next().value!);
  const logits = async (perturb?: ReturnType<typeof spoilLatents>) => {
    const steps: string[] = [];
    for await (const { output } of think(reasoner, params, batch, 3, perturb && { perturb })) {
      steps.push(output.logits.dataSync().join());
    }
    return steps;
  };
  const [plain, spoilt] = [
    await logits(),
    await logits(spoilLatents({ step: 1, latents: ["y"], by: "noise" })),
  ];
  assert.equal(spoilt[0], plain[0]);
  assert.notEqual(spoilt[1], plain[1]);
  reasoner.dispose();
});

test("a native program thinks in chains as TensorFlow does", {
  skip: toolchain() === undefined && "no C compiler works here",
}, async (t) => {
  const given = process.env.TFJS_COMPILE_TO;
  t.after(() => {
    if (given === undefined) delete process.env.TFJS_COMPILE_TO;
    else process.env.TFJS_COMPILE_TO = given;
  });
  const { model: trained, params } = loadModel("sudoku-4x4");
  const [few] = firstExamples([tinyTask.test], 6);
  const thoughts = async (how: "native" | "tensorflow") => {
    process.env.TFJS_COMPILE_TO = how;
    const reasoner = createReasoner(trained, "float32");
    const options = {
      chains: 3,
      noise: 0.5,
      symmetries: 3,
      supervisionSteps: 3,
      randomStarts: true,
    } as const;
    const all = await allChains(reasoner, params, few, options);
    const ran = reasoner.step.signatures().map(({ runsOn }) => runsOn);
    reasoner.dispose();
    return { all, ran };
  };
  const [native, tensorflow] = [await thoughts("native"), await thoughts("tensorflow")];
  assert.deepEqual([native.ran, tensorflow.ran], [["native"], ["tensorflow"]]);
  for (const [i, { chains }] of native.all.entries()) {
    for (const [chain, steps] of chains.entries()) {
      for (const [step, { tokens, qHalt, confidence }] of steps.entries()) {
        const other = tensorflow.all[i].chains[chain][step];
        const where = `thought ${i}, chain ${chain}, step ${step}`;
        assert.deepEqual(tokens, other.tokens, where);
        assert.ok(
          Math.abs(qHalt - other.qHalt) < 0.01 && Math.abs(confidence - other.confidence) < 1e-3,
          where,
        );
      }
    }
  }
  disposeTree(params);
});

test("chains that could not differ, and latents that do not exist, are refused", async () => {
  const cases: [ChainOptions, RegExp][] = [
    [{ chains: 0 }, /chains must be a whole number from 1, got 0/],
    [{ chains: 4 }, /4 chains would think alike: give them noise, random starts, or 4 symmetries/],
    [{ chains: 4, symmetries: 2 }, /would think alike/],
    [{ chains: 2, symmetries: 3 }, /3 symmetries need as many chains, got 2/],
    [{ chains: 1, noise: 0.1 }, /one chain thinks undisturbed/],
    [{ chains: 2, noise: -1 }, /noise must be 0 or more, got -1/],
    [{ chains: 2, noise: 0.1, noisyLatents: ["x"] }, /no latent "x" to disturb; the model has y, z/],
  ];
  for (const [options, message] of cases) await assert.rejects(inChains(options), message);
});
