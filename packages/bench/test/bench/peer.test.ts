import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { disposeTree, startEngine, type tf } from "tfjs-compile";
import { type Model, refill } from "trm/model";
import { createRandom } from "trm/random";
import { initTrainState, lossAndGrads, paperTraining, stepRates, trainStep } from "trm/trainer";
import { readSafetensors, type StoredTensor, toFloat32, writeSafetensors } from "trm-workbench/files";
import { toStateDict } from "trm-workbench/official";
import { tinyModel } from "../../../../lib/test/trainer/support";
import { findPeer, peerConfig, peerProgram } from "../../src/bench/peer";
import { randomBatch } from "../../src/bench/work";

const search = findPeer();
const withPeer = { skip: "missing" in search ? search.missing : false };
const training = {
  ...paperTraining,
  batchSize: 3,
  warmupSteps: 0,
  learningRate: 1e-2,
  puzzleEmbLearningRate: 1e-2,
};

before(() => startEngine());

const models = {
  "MLP mixer": tinyModel({ mixer: "mlp", positions: "none", puzzleEmbSize: 0, puzzleEmbLen: 0 }),
  "attention, with a puzzle embedding of two tokens": tinyModel({ puzzleEmbLen: 2, T: 1 }),
};
for (const [name, model] of Object.entries(models)) {
  test(`the peer computes our loss, gradients and step: ${name}`, withPeer, () => {
    const expected = ours(model);
    const theirs = peers(model, expected.given);
    for (const [tensor, values] of Object.entries(expected.outcome)) {
      assert.ok(theirs[tensor], `the peer has no ${tensor}`);
      const difference = largestDifference(values, toFloat32(theirs[tensor]));
      assert.ok(difference < 1e-4, `${tensor} differs by ${difference}`);
    }
  });
}

/** What the peer is given, and what it should compute from it: gradients, then the first training step. */
function ours(model: Model) {
  const random = createRandom(5);
  const params = model.init(random);
  const batch = randomBatch(model, training.batchSize, random);
  const rates = stepRates(training, 1, new Int32Array(training.batchSize));
  const given = {
    ...stored(toStateDict(params)),
    inputs: integers(batch.inputs),
    labels: integers(batch.labels),
    min_steps: integers(rates.minSteps),
  };
  const state = initTrainState(model, params, training.batchSize);

  const carry = refill(params, state.carry, batch);
  const { value, grads, aux } = lossAndGrads(model, training, params, carry, rates.minSteps);
  const next = trainStep(model, training, state, batch, rates).state;
  const { initialLatents: _, ...learnt } = next.params;
  const outcome = {
    loss: value.dataSync() as Float32Array,
    "carry.y": aux.carry.latents.y.dataSync() as Float32Array,
    "carry.z": aux.carry.latents.z.dataSync() as Float32Array,
    ...values("grad", toStateDict({ weights: grads.weights })),
    ...(grads.puzzleRows && { "grad.rows": grads.puzzleRows.dataSync() as Float32Array }),
    ...values("param", toStateDict(learnt)),
    ...values("ema", toStateDict({ weights: next.ema })),
  };
  disposeTree([state, batch, rates, value, grads, aux, next]);
  return { given, outcome };
}

function peers(model: Model, given: Record<string, StoredTensor>): Record<string, StoredTensor> {
  assert.ok("python" in search);
  const folder = mkdtempSync(join(tmpdir(), "trm-peer-"));
  try {
    const [input, output] = ["input", "output"].map((name) => join(folder, `${name}.safetensors`));
    writeSafetensors(input, given);
    const config = { ...peerConfig(model.config, training), precision: "float32" };
    const { status, stderr } = spawnSync(
      search.python,
      [peerProgram("peer_check.py"), JSON.stringify(config), input, output],
      { encoding: "utf8" },
    );
    assert.equal(status, 0, stderr);
    return readSafetensors(output).tensors;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const stored = (dict: Record<string, tf.Tensor>): Record<string, StoredTensor> =>
  Object.fromEntries(
    Object.entries(dict).map(([name, tensor]) => [
      name,
      { dtype: "float32", shape: tensor.shape, data: tensor.dataSync() as Float32Array },
    ]),
  );

const integers = (tensor: tf.Tensor): StoredTensor => ({
  dtype: "int32",
  shape: tensor.shape,
  data: tensor.dataSync() as Int32Array,
});

const values = (prefix: string, dict: Record<string, tf.Tensor>): Record<string, Float32Array> =>
  Object.fromEntries(
    Object.entries(dict).map(([name, tensor]) => [`${prefix}.${name}`, tensor.dataSync() as Float32Array]),
  );

function largestDifference(a: Float32Array, b: Float32Array): number {
  assert.equal(a.length, b.length);
  // NaN must not pass for a small difference.
  return a.reduce((largest, value, i) => {
    const difference = Math.abs(value - b[i]);
    return difference <= largest ? largest : Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }, 0);
}
