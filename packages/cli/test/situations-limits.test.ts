import { strict as assert } from "node:assert";
import { existsSync, readdirSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { writeSafetensors } from "trm-workbench/files";
import { scratchFolder } from "../../workbench/test/runs/support";
import { refuses, SMALL, says, situations, writer } from "./support";

// Compiling C would take longer than all of this.
process.env.TRM_COMPILE = "tensorflow";

const folder = scratchFolder();
const write = writer(folder);
const small = `${SMALL} --data.train 20 --data.test 6`;

describe("what is too large, too long, or says what it is not", () => {
  test("limits are told with the field or option", () => {
    situations(folder, [
      refuses(
        "train sudoku-4x4 --model.hiddenSize 1000000000 --out h1",
        /model\.hiddenSize 1000000000 in 2 blocks would take about \d+\.?\d*(e\+\d+)? GB .* this machine has \d/,
      ),
      refuses(
        "train sudoku-4x4 --data.train 1e12 --print-config",
        /data\.train is 1000000000000; it must be between 1 and/,
      ),
      refuses("data maze --out m --generate 1000000", /It must be a whole number from 5 to 1000/),
      refuses(
        "data sudoku --out s --generate 3x3 --train 1000000000000",
        /It must be a whole number from 1 to 16000000/,
      ),
      refuses("eval nowhere --supervision-steps 1000000000000", /It must be a whole number from 1 to 100000/),
      refuses("eval nowhere --threads 1000000", /It must be a whole number from 1 to 1024/),
      says("data sudoku --out g --generate 2x2 --train 20 --test 5", /20 puzzles/, /generating .*25\/25/),
    ]);
    assert.equal(existsSync(join(folder, "h1")), false);
  });

  test("configurations: whose field is wrong, merge keys, lengths of ways, batches, depths", () => {
    write("s.yaml", "preset: sudoku-4x4\n");
    write("bad.yaml", "preset: sudoku-4x4\ntraining: { batchSize: 0 }\n");
    write("merge.yaml", "preset: sudoku-4x4\nmodel: { <<: { n: 2 }, T: 1 }\n");
    write("maze.yaml", "data: { kind: maze, size: 7 }\n");
    write("folder.yaml", "data: { kind: folder, paths: [g] }\n");
    write(
      "hrm.yaml",
      "name: hrm.hrm_act_v1@X\nhalt_exploration_prob: 0.1\nhalt_max_steps: 2\nH_cycles: 1\nL_cycles: 1\nH_layers: 3\n" +
        "L_layers: 2\nhidden_size: 16\nnum_heads: 2\nexpansion: 4\npuzzle_emb_ndim: 16\npos_encodings: rope\n",
    );
    situations(folder, [
      refuses(
        "train s.yaml --training.batchSize 0 --print-config",
        /^trm: training\.batchSize is 0; it must be/m,
      ),
      refuses(
        "train bad.yaml --model.n 2 --print-config",
        /^trm: bad\.yaml: training\.batchSize is 0; it must be/m,
      ),
      says("train merge.yaml --print-config", /"n":2,"T":1,/),
      says("train maze.yaml --print-config", /"minLength":7,/),
      refuses(
        "train maze.yaml --data.minLength 30",
        /data\.minLength is 30, and no way .* has more than 18 steps/,
      ),
      refuses(
        `train folder.yaml --out big ${SMALL} --model.puzzleEmbSize 0 --model.puzzleEmbLen 0 --training.batchSize 64`,
        /training\.batchSize is 64, and an iteration is sure to hold 20 examples/,
      ),
      says("train hrm.yaml --data.kind sudoku --print-config", /"layers":2,.*"networks":2,"answerLayers":3,/),
    ]);
    assert.equal(existsSync(join(folder, "big")), false);
  });

  test("weights: no tensors, a damaged checkpoint beside a whole one, two depths, a failed conversion", () => {
    writeSafetensors(join(folder, "none.safetensors"), {}, {});
    write("other.yaml", "preset: sudoku-4x4\nmodel: { hiddenSize: 8 }\n");
    const depths = "--model.networks 2 --model.layers 1 --model.answerLayers 2";
    situations(folder, [
      refuses("info none.safetensors", /none\.safetensors holds no tensors/),
      refuses("convert none.safetensors x.pt", /none\.safetensors holds no tensors/),
      says(`train sudoku-4x4 --out run ${small} ${depths} --checkpoints.every 1`, /trained/),
      says("convert run run.pt", /to +run\.yaml/),
      says(
        "eval run.pt --config run/config.json --data sudoku-4x4 --limit 4 --json",
        /"engine":"tensorflow","compiled":"tensorflow",/,
      ),
      says("info run.pt", /inner\.H_level\.layers\.1\./),
      refuses("convert run.pt failed --to run --config other.yaml", /run\.pt/),
      says("convert run.pt failed --to run --config run/config.json", /failed\/config\.json/),
      says(
        "train --resume run --training.totalSteps 3 --print-config",
        /"totalSteps":3/,
        /training\.totalSteps was 2 and is 3 now: the learning rate stays as it was/,
      ),
      says(
        "train --resume run --training.totalSteps 4 --training.minRatio 0 --print-config",
        /"totalSteps":4/,
        /the cosine of the learning rate now ends there; at step 3 it is \S+ instead of \S+/,
      ),
      says("solve run -----3-41-2-----", /solved/),
    ]);
    const [older, newer] = readdirSync(join(folder, "run", "checkpoints"));
    truncateSync(join(folder, "run", "checkpoints", newer, "state.safetensors"), 100);
    const advice = new RegExp(`; run/checkpoints/${older} is whole: give that path instead`);
    situations(folder, [
      refuses("eval run --limit 1", advice),
      refuses("train --resume run", advice),
      says(`train --resume run/checkpoints/${older}`, /trained +2 of 2 steps/),
    ]);
  });
});
