import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { paperModel } from "trm/model";
import { paperTraining } from "trm/trainer";
import {
  configFields,
  mergeConfig,
  type PresetName,
  parseRunConfig,
  presetConfig,
  presetNamed,
  presets,
} from "../../src/config";
import { readOfficialConfig } from "../../src/official";
import { officialYaml } from "../../src/official/config";
import { scratchFolder } from "../runs/support";

test("what a configuration leaves out has the paper's value", () => {
  const { model, training } = parseRunConfig({ data: { kind: "sudoku" } });
  assert.deepEqual(model, paperModel);
  assert.deepEqual(training, paperTraining);
});

test("every field is documented", () => {
  assert.deepEqual(
    configFields().filter(({ doc }) => !doc),
    [],
  );
});

test("every preset is a valid configuration, and those of the paper have its settings", () => {
  for (const name of Object.keys(presets) as PresetName[]) presetConfig(name);
  const { model, training, data } = presetConfig("sudoku-extreme-mlp");
  assert.deepEqual([model.mixer, model.n, model.T, model.hiddenSize], ["mlp", 6, 3, 512]);
  assert.deepEqual([training.batchSize, training.learningRate, training.ema], [768, 1e-4, 0.999]);
  assert.equal(data.kind === "folder" && data.epochs, 50_000);
  const arc = presetConfig("arc-agi-1");
  assert.deepEqual(
    [arc.training.weightDecay, arc.training.puzzleEmbLearningRate, arc.model.n],
    [0.1, 1e-2, 4],
  );
  assert.throws(() => presetNamed("sudoku6x6"), /there is no preset "sudoku6x6"; did you mean sudoku-6x6\?/);
  assert.throws(() => presetNamed("__proto__"), /there is no preset/);
});

test("unknown fields, wrong types and impossible combinations are named with what was probably meant", () => {
  const refuse = (changes: object, message: RegExp) =>
    assert.throws(() => parseRunConfig({ data: { kind: "sudoku" }, ...changes }), message);
  refuse({ modle: {} }, /there is no field modle; did you mean model\?/);
  refuse({ model: { hidden: 3 } }, /there is no field model\.hidden/);
  refuse(
    { model: { hiddensize: 3 } },
    /there is no field model\.hiddensize; did you mean model\.hiddenSize\?/,
  );
  refuse({ model: { learningRate: 1 } }, /did you mean training\.learningRate\?/);
  refuse({ model: { mixer: "mpl" } }, /model\.mixer can be attention, mlp, not "mpl"; did you mean mlp\?/);
  refuse({ model: { networks: 3 } }, /model\.networks must be 1 or 2, not 3/);
  refuse({ model: { n: "six" } }, /model\.n must be a number, not "six"/);
  refuse({ model: { n: 1.5 } }, /model\.n is 1\.5; it must be a whole number/);
  refuse({ model: { heads: 7 } }, /model\.heads is 7; it must divide model\.hiddenSize, which is 512/);
  refuse({ model: [] }, /model must be an object, not \[\]/);
  refuse({ training: { ema: 1 } }, /training\.ema is 1; it must be at least 0 and below 1/);
  refuse({ training: { seed: Number.NaN } }, /training\.seed must be a number/);
  refuse({ evaluation: { every: 1.5 } }, /evaluation\.every must be whole steps, or a share/);
  refuse({ evaluation: { weights: ["emma"] } }, /evaluation\.weights\.0 can be live, ema, not "emma"/);
  refuse({ data: { kind: "sudoko" } }, /data\.kind can be sudoku, .*; did you mean sudoku\?/);
  refuse({ data: {} }, /data\.kind is missing; it can be/);
  refuse({ data: { kind: "folder" } }, /data\.paths is missing with data\.kind folder/);
  refuse(
    { data: { kind: "maze", box: "2x2" } },
    /no field data\.box with data\.kind maze; it is one of sudoku and csv/,
  );
  refuse({ data: { kind: "sudoku", box: "5x5" } }, /data\.box must be ROWSxCOLUMNS/);
  assert.throws(() => parseRunConfig("sudoku"), /a configuration is an object/);
});

test("changes replace single fields, but data of another kind replaces all of it", () => {
  const changed = mergeConfig(presets["sudoku-6x6"], { model: { n: 1 }, data: { test: 7 } });
  const { model, data } = parseRunConfig(changed);
  assert.deepEqual(
    [model.n, model.hiddenSize, data.kind],
    [1, presets["sudoku-6x6"].model?.hiddenSize, "sudoku"],
  );
  assert.equal(data.kind === "sudoku" && data.test, 7);
  const other = parseRunConfig(mergeConfig(changed, { data: { kind: "maze" } }));
  assert.equal("box" in other.data, false);
});

test("official YAML is read with its defaults and interpolations", () => {
  const folder = scratchFolder();
  mkdirSync(join(folder, "arch"));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write(
    "arch/small.yaml",
    `name: recursive_reasoning.trm_singlez@Some_Class
loss: { name: losses@ACTLossHead, loss_type: softmax_cross_entropy }
halt_exploration_prob: 0.2
halt_max_steps: 5
H_cycles: 2
L_cycles: 4
H_layers: 0
L_layers: 1
hidden_size: 64
num_heads: 4
expansion: 4
puzzle_emb_ndim: \${.hidden_size}
pos_encodings: rope
forward_dtype: bfloat16
mlp_t: False
puzzle_emb_len: 2
no_ACT_continue: True
`,
  );
  const main = `defaults:
  - arch: small
  - _self_
data_paths: ['data/a', data/b]
evaluators: []
global_batch_size: 32
epochs: 200
eval_interval: 50
lr: 1e-3
lr_warmup_steps: 10
weight_decay: \${lr}
ema: True
ema_rate: 0.95
`;
  write("cfg.yaml", main);
  const config = parseRunConfig(readOfficialConfig(join(folder, "cfg.yaml")));
  const { model, training, data, evaluation } = config;
  assert.deepEqual(
    [model.recursion, model.T, model.n, model.hiddenSize, model.puzzleEmbSize, model.supervisionSteps],
    ["single-latent", 2, 4, 64, 64, 5],
  );
  assert.deepEqual(
    [training.loss, training.learningRate, training.weightDecay, training.ema, training.precision],
    ["softmax", 1e-3, 1e-3, 0.95, "bfloat16"],
  );
  assert.deepEqual(data, {
    kind: "folder",
    paths: ["data/a", "data/b"],
    testPaths: [],
    epochs: 200,
    epochsPerIteration: 50,
  });
  assert.equal(evaluation.every, 0.25);
  assert.equal(parseRunConfig({ ...readOfficialConfig(join(folder, "arch/small.yaml")), data }).model.n, 4);

  const refuse = (text: string, message: RegExp) => {
    write("bad.yaml", text);
    assert.throws(() => readOfficialConfig(join(folder, "bad.yaml")), message);
  };
  refuse(`${main}lerning: 3\n`, /bad\.yaml: there is no field lerning/);
  refuse(`${main}lr_warmup_step: 3\n`, /did you mean lr_warmup_steps\?/);
  refuse(main.replace("small", "large"), /its defaults name .*large\.yaml, which does not exist/);
  refuse(main.replace(`$\{lr}`, `$\{lrr}`), /\$\{lrr\} refers to lrr, which is not there/);
  refuse(`weight_decay: $\{lr}\nlr: $\{weight_decay}\n`, /refers to itself/);
  refuse("lr: [1", /bad\.yaml: /);
  refuse("- 1", /it must hold fields/);
  refuse(`${main}freeze_weights: True\n`, /freeze_weights has no counterpart here/);
  const arch = readFileSync(join(folder, "arch/small.yaml"), "utf8");
  refuse(arch.replace("trm_singlez", "trm9"), /bad\.yaml: no model kind "trm9" here/);
  refuse(
    arch.replace("hidden_size: 64", "hiden_size: 64"),
    /\.hidden_size\} refers to hidden_size, which is not there/,
  );
  refuse(arch.replace("num_heads: 4", ""), /bad\.yaml: arch\.num_heads is missing/);
});

test("settings written as official YAML read back as they were", () => {
  const file = join(scratchFolder(), "all_config.yaml");
  const variants = [
    {},
    { mixer: "mlp", positions: "none", puzzleEmbSize: 0, puzzleEmbLen: 0 },
    { networks: 2, recursion: "full" },
    { networks: 2, recursion: "one-step", halting: "continue" },
    { recursion: "many-latents", positions: "learned" },
    { hiddenSize: 64, widthMultiple: 32, halting: "never" },
  ];
  for (const model of variants) {
    const config = parseRunConfig({ data: { kind: "sudoku" }, model, training: { loss: "softmax" } });
    writeFileSync(file, officialYaml(config));
    const back = parseRunConfig({ ...readOfficialConfig(file), data: { kind: "sudoku" } });
    assert.deepEqual(back.model, config.model);
    assert.deepEqual({ ...back.training, totalSteps: 0 }, { ...config.training, totalSteps: 0 });
  }
});
