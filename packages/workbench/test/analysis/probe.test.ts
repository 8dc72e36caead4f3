import assert from "node:assert/strict";
import { before, test } from "node:test";
import { startEngine, tf } from "tfjs-compile";
import { sudokuTask, testBatches } from "trm/batches";
import { createRandom } from "trm/random";
import { createReasoner, createTrainer, train } from "trm/trainer";
import { tinyModel, tinyTask, tinyTraining } from "../../../../lib/test/trainer/support";
import { fitLinearProbe, headDecoder, probeLatents, readMinds } from "../../src/analysis";

before(() => startEngine());

test("a linear probe reads what is there in linear form, on vectors that it has not seen", () => {
  const random = createRandom(1);
  const size = 8;
  const directions = Array.from({ length: 3 * size }, () => random.normal());
  const sample = (count: number) => {
    const tokens = Int32Array.from({ length: count }, () => random.int(0, 3));
    const vectors = Float32Array.from(
      { length: count * size },
      (_, i) => directions[tokens[Math.floor(i / size)] * size + (i % size)] + 0.3 * random.normal(),
    );
    return { tokens, vectors };
  };
  const share = (a: Int32Array, b: Int32Array) => a.filter((value, i) => value === b[i]).length / a.length;
  const [seen, unseen] = [sample(200), sample(200)];
  const before = tf.memory().numTensors;
  const probe = fitLinearProbe(seen.vectors, seen.tokens, 3);
  assert.ok(share(probe(unseen.vectors), unseen.tokens) > 0.95);
  const meaningless = fitLinearProbe(
    seen.vectors,
    seen.tokens.map(() => random.int(0, 3)),
    3,
  );
  assert.ok(share(meaningless(unseen.vectors), unseen.tokens) < 0.6);
  assert.equal(tf.memory().numTensors, before);
});

test("read with the output head, y after the last step is the model's answer", async () => {
  const trainer = createTrainer(tinyModel(), { ...tinyTraining, totalSteps: 10 }, tinyTask.train);
  await train(trainer);
  const params = trainer.params("live");
  const [batch] = testBatches(tinyTask.test, 24);
  const minds = await readMinds(trainer.reasoner, params, batch);
  assert.deepEqual(
    minds.map(({ supervisionStep, latents }) => [supervisionStep, Object.keys(latents), latents.z.length]),
    [1, 2, 3].map((step) => [step, ["y", "z"], 24 * 16 * 32]),
  );
  const read = headDecoder(params)(minds[2].latents.y);
  const { cells } = await trainer.evaluate(tinyTask.test, { weights: "live", batchSize: 24 });
  const right = read.filter((token, cell) => token === batch.labels[cell]).length / read.length;
  assert.ok(Math.abs(right - cells) < 1e-6, `${right}, but the model answers ${cells}`);
  trainer.dispose();
});

test("after some training the open cells can be read off y; off an untrained model's hardly", async () => {
  const task = sudokuTask({ box: [2, 2], train: 200, test: 60, seed: 7 });
  const model = tinyModel({
    mixer: "mlp",
    positions: "none",
    widthMultiple: 32,
    puzzleEmbSize: 0,
    puzzleEmbLen: 0,
  });
  const settings = { ...tinyTraining, batchSize: 32, learningRate: 3e-3, totalSteps: 200 };
  const trainer = createTrainer(model, settings, task.train, { augment: task.augment });
  await train(trainer);
  const before = tf.memory().numTensors;
  const trained = await probeLatents(trainer.reasoner, trainer.params("live"), task.test);
  assert.deepEqual(
    trained.map(({ supervisionStep, latent }) => `${latent}${supervisionStep}`),
    ["y1", "z1", "y2", "z2", "y3", "z3"],
  );
  const afterThree = (rows: typeof trained) =>
    rows.find(({ latent, supervisionStep }) => latent + supervisionStep === "y3");
  const y = afterThree(trained);
  assert.ok(y && y.head > 0.6 && y.probe > 0.6, JSON.stringify(trained));
  assert.equal(tf.memory().numTensors, before);
  trainer.dispose();

  const fresh = model.init(createRandom(9));
  const untrained = await probeLatents(createReasoner(model, "float32"), fresh, task.test);
  assert.ok((afterThree(untrained)?.head ?? 1) < 0.5, JSON.stringify(untrained));
});

test("too few puzzles are refused", async () => {
  const model = tinyModel();
  const reasoner = createReasoner(model, "float32");
  const params = model.init(createRandom(1));
  await assert.rejects(
    probeLatents(reasoner, params, tinyTask.test, { puzzles: 1 }),
    /probing needs at least 2 puzzles, not 1/,
  );
});
