import assert from "node:assert/strict";
import { copyFileSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { disposeTree, startEngine, tf } from "tfjs-compile";
import { createModel } from "trm/model";
import type { RunConfig } from "../../src/config";
import {
  encodeBfloat16,
  readTorch,
  type StoredTensor,
  toFloat32,
  writeSafetensors,
  writeTorch,
} from "../../src/files";
import {
  embeddingNotice,
  modelConfigOf,
  paramsFrom,
  readWeights,
  type StoredWeights,
  writeWeightsSafetensors,
  writeWeightsTorch,
} from "../../src/official";
import { runTraining } from "../../src/runs";
import { scratchFolder, tinyRun } from "../runs/support";

const folder = scratchFolder();
const run = join(folder, "run");
const config = tinyRun({ training: { totalSteps: 6 }, checkpoints: { every: 3 } });

before(async () => {
  await startEngine();
  await runTraining(config, { folder: run });
});

const values = ({ tensors }: StoredWeights) =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, [...toFloat32(tensor)]]));

test("a run's weights are its newest checkpoint's, averaged or live, under official names", () => {
  const [ema, live] = [readWeights(run), readWeights(run, "live")];
  assert.equal(ema.step, 6);
  assert.equal(ema.model?.seqLen, 16);
  assert.deepEqual(Object.keys(ema.tensors).sort(), [
    "inner.H_init",
    "inner.L_init",
    "inner.L_level.layers.0.mlp.down_proj.weight",
    "inner.L_level.layers.0.mlp.gate_up_proj.weight",
    "inner.L_level.layers.0.mlp_t.down_proj.weight",
    "inner.L_level.layers.0.mlp_t.gate_up_proj.weight",
    "inner.embed_tokens.embedding_weight",
    "inner.lm_head.weight",
    "inner.puzzle_emb.weights",
    "inner.q_head.bias",
    "inner.q_head.weight",
  ]);
  const same = Object.keys(ema.tensors).filter(
    (name) => values(ema)[name].join() === values(live)[name].join(),
  );
  // Only the weights are averaged.
  assert.deepEqual(same.sort(), ["inner.H_init", "inner.L_init", "inner.puzzle_emb.weights"]);
  const older = readWeights(join(run, "checkpoints", "step-00000003"));
  assert.equal(older.step, 3);
});

test("weights come back from safetensors and PyTorch files as they went", () => {
  const stored = readWeights(run);
  const safetensors = join(folder, "weights.safetensors");
  writeWeightsSafetensors(safetensors, stored.tensors, { model: stored.model!, config, step: 6 });
  const fromSafetensors = readWeights(safetensors);
  assert.deepEqual(values(fromSafetensors), values(stored));
  assert.deepEqual(
    [fromSafetensors.model, fromSafetensors.config, fromSafetensors.step],
    [stored.model, config, 6],
  );

  const torch = join(folder, "weights.pt");
  const files = writeWeightsTorch(torch, stored.tensors, config);
  assert.deepEqual(files, [torch, join(folder, "weights.yaml")]);
  assert.ok(Object.keys(readTorch(torch)).every((name) => name.startsWith("_orig_mod.model.inner.")));
  const fromTorch = readWeights(torch);
  assert.deepEqual(values(fromTorch), values(stored));
  assert.deepEqual(modelConfigOf(fromTorch), stored.model);
});

test("in bfloat16 training the initial latents are exported in bfloat16, as the official buffers are", () => {
  const stored = readWeights(run);
  const path = join(folder, "bf16.pt");
  const bfloat16: RunConfig = { ...config, training: { ...config.training, precision: "bfloat16" } };
  writeWeightsTorch(path, stored.tensors, bfloat16);
  const { tensors } = readWeights(path);
  for (const [name, { dtype }] of Object.entries(tensors)) {
    assert.equal(dtype, /_init$/.test(name) ? "bfloat16" : "float32", name);
  }
  assert.deepEqual(
    [...tensors["inner.H_init"].data],
    Array.from(toFloat32(stored.tensors["inner.H_init"]), encodeBfloat16),
  );
});

test("a PyTorch file alone needs to be told how its model works", () => {
  const bare = join(folder, "alone", "step_100");
  const stored = readWeights(run);
  writeWeightsTorch(bare, stored.tensors);
  assert.deepEqual(readdirSync(join(folder, "alone")), ["step_100"]);
  const weights = readWeights(bare);
  assert.throws(() => modelConfigOf(weights), /step_100 does not say how its model works .* --config/);
  assert.deepEqual(modelConfigOf(weights, config), stored.model);
  copyFileSync(join(folder, "weights.yaml"), join(folder, "alone", "all_config.yaml"));
  assert.deepEqual(modelConfigOf(readWeights(bare)), stored.model);
  rmSync(join(folder, "alone", "all_config.yaml"));
  // Attention without learned positions has no tensor as long as a puzzle.
  const attention = { ...weights, tensors: { ...weights.tensors } };
  delete (attention.tensors as Record<string, unknown>)["inner.L_level.layers.0.mlp_t.down_proj.weight"];
  assert.throws(() => modelConfigOf(attention, config), /does not tell how many tokens a puzzle has/);
  assert.equal(modelConfigOf(attention, config, 81).seqLen, 81);
});

test("a puzzle embedding of another size becomes its mean in every row, as the official loader does", () => {
  const stored = readWeights(run);
  const table = {
    dtype: "float32" as const,
    shape: [2, 16],
    data: new Float32Array(32).fill(1, 0, 16).fill(3, 16),
  };
  const weights = { ...stored, tensors: { ...stored.tensors, "inner.puzzle_emb.weights": table } };
  const model = createModel({ ...stored.model!, numPuzzleIdentifiers: 5 });
  const before = tf.memory().numTensors;
  const params = paramsFrom(model, weights);
  assert.deepEqual(params.puzzleEmbedding!.shape, [5, 16]);
  assert.match(
    embeddingNotice(model, weights)!,
    /run.* has embeddings for 2 puzzle identifiers, not 5: all start from their mean/,
  );
  const same = createModel({ ...stored.model!, numPuzzleIdentifiers: 2 });
  assert.equal(embeddingNotice(same, weights), undefined);
  assert.ok(params.puzzleEmbedding!.dataSync().every((value) => value === 2));
  disposeTree(params);
  assert.throws(
    () => paramsFrom(createModel({ ...stored.model!, hiddenSize: 32 }), stored),
    /run.*: "inner\.\S+" is \[.*\] in the state dictionary, but \[.*\] in this model/,
  );
  assert.equal(tf.memory().numTensors, before);
});

test("paths that hold no weights are named", () => {
  assert.throws(() => readWeights(join(folder, "nothing")), /nothing does not exist/);
  assert.throws(() => readWeights(folder), /is neither a checkpoint nor the folder of a run/);
  assert.throws(
    () => readWeights(join(run, "config.json")),
    /config\.json does not hold weights: it is no safetensors file/,
  );
  assert.ok(existsSync(join(run, "config.json")));
});

test("weights are found under any prefix, and beside optimizers and averages", () => {
  const { tensors } = readWeights(run);
  const names = Object.keys(tensors).sort();
  const other = { dtype: "float32" as const, shape: [1], data: Float32Array.of(1) };
  const file = (name: string, content: Record<string, StoredTensor>) => {
    const path = join(folder, name);
    writeTorch(path, content);
    return path;
  };
  const prefixed = (prefix: string) =>
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));
  for (const prefix of [
    "",
    "module._orig_mod.model.",
    "model._orig_mod.",
    "state_dict.model.",
    "model_state_dict.",
  ]) {
    const path = file("prefixed.pt", {
      ...prefixed(prefix),
      "optimizer.state.0.exp_avg": other,
      step: other,
    });
    assert.deepEqual(Object.keys(readWeights(path).tensors).sort(), names, prefix);
  }
  const two = file("two.pt", { ...prefixed("model."), ...prefixed("ema.model.") });
  assert.deepEqual(Object.keys(readWeights(two).tensors).sort(), names);
  const three = file("three.pt", { ...prefixed("a."), ...prefixed("b."), ...prefixed("ema.") });
  assert.throws(
    () => readWeights(three, "live"),
    /three\.pt holds 2 models, called a\., b\.: save the one to use alone/,
  );
  const foreign = readWeights(file("foreign.pt", { "encoder.weight": other }));
  assert.throws(
    () => modelConfigOf(foreign, { model: config.model }),
    /foreign\.pt is not a TRM: it has no inner\.embed_tokens; it holds encoder\.weight/,
  );
});

test("metadata of a safetensors file cannot replace its tensors or its path", () => {
  const { tensors } = readWeights(run);
  const written = (metadata: Record<string, string>) => {
    const path = join(folder, "about.safetensors");
    writeSafetensors(path, tensors, metadata);
    return path;
  };
  assert.throws(() => readWeights(written({ trm: "hello" })), /about\.safetensors, metadata "trm"/);
  assert.throws(
    () => readWeights(written({ trm: '{"model":5}' })),
    /about\.safetensors, metadata "trm".*model/,
  );
  const path = written({ trm: '{"model":{},"path":"elsewhere","tensors":{}}' });
  const stored = readWeights(path);
  assert.deepEqual([stored.path, Object.keys(stored.tensors).length], [path, Object.keys(tensors).length]);
});

test("weights that are not finite are refused by name", () => {
  const stored = readWeights(run);
  const head = stored.tensors["inner.lm_head.weight"];
  const data = toFloat32(head).slice();
  data[3] = Number.NaN;
  const broken = {
    ...stored,
    tensors: { ...stored.tensors, "inner.lm_head.weight": { ...head, dtype: "float32" as const, data } },
  };
  assert.throws(
    () => paramsFrom(createModel(stored.model!), broken),
    /1 of its tensors hold NaN or infinity \(inner\.lm_head\.weight\): its training diverged, or the file is damaged/,
  );
});
