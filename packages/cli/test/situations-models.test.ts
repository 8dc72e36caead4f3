import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { writeNpy } from "trm-workbench/files";
import { scratchFolder } from "../../workbench/test/runs/support";
import { refuses, SMALL, says, situations, writer } from "./support";

// Compiling C would take longer than all of this.
process.env.TRM_COMPILE = "tensorflow";

const folder = scratchFolder();
const write = writer(folder);

const EMBEDDING = "--model.puzzleEmbSize 16 --model.puzzleEmbLen 1";

/** Changes a file of a copy of a dataset folder. */
const changed = (from: string, to: string, change: (at: (path: string) => string) => void) => {
  cpSync(join(folder, from), join(folder, to), { recursive: true });
  change((path) => join(folder, to, path));
};

describe("dataset folders of others, and models on them", () => {
  test("folders without what can be counted, without answers, with a rule of their own", () => {
    situations(folder, [
      says("data sudoku --out d4 --generate 2x2 --train 8 --test 4", /train/),
      says(`train sudoku-4x4 --out m4 ${SMALL} --data.train 20 --data.test 6`, /always believing the same: /),
    ]);
    changed("d4", "hrm", (at) => {
      for (const split of ["train", "test"]) {
        const path = at(`${split}/dataset.json`);
        const { total_puzzles, total_groups, mean_puzzle_examples, ...rest } = JSON.parse(
          readFileSync(path, "utf8"),
        );
        writeFileSync(path, JSON.stringify(rest));
      }
    });
    changed("d4", "unanswered", (at) => rmSync(at("test/all__labels.npy")));
    changed("d4", "floats", (at) =>
      writeNpy(at("test/all__inputs.npy"), { dtype: "float32", shape: [4, 16], data: new Float32Array(64) }),
    );
    // Rows that are to be reversed: neither Sudoku, maze nor ARC.
    const rows = Uint8Array.from({ length: 8 * 9 }, (_, i) => 1 + ((i * 7 + Math.floor(i / 9)) % 4));
    const reversed = rows.map((_, i) => rows[9 * Math.floor(i / 9) + 8 - (i % 9)]);
    for (const split of ["train", "test"]) {
      mkdirSync(join(folder, "own", split), { recursive: true });
      const facts = { pad_id: 0, ignore_label_id: null, blank_identifier_id: 0, vocab_size: 5, seq_len: 9 };
      write(
        `own/${split}/dataset.json`,
        JSON.stringify({ ...facts, num_puzzle_identifiers: 1, sets: ["all"] }),
      );
      const save = (name: string, shape: number[], data: Uint8Array | Int32Array) =>
        writeNpy(join(folder, "own", split, `all__${name}.npy`), {
          ...{ dtype: data instanceof Uint8Array ? ("uint8" as const) : ("int32" as const), shape, data },
        });
      save("inputs", [8, 9], rows);
      save("labels", [8, 9], reversed);
      save("puzzle_identifiers", [8], new Int32Array(8));
      for (const name of ["puzzle_indices", "group_indices"])
        save(
          name,
          [9],
          Int32Array.from({ length: 9 }, (_, i) => i),
        );
    }
    write("own.yaml", "data: { kind: folder, paths: [own] }\n");
    write("two.csv", "source,question,answer,rating\na,1...............,1234341221434321,1\n");
    write("hp.yaml", "defaults:\n  - _self_\ndata_path: d4\nlr: 1e-4\n");
    write(
      "hrm_v1.yaml",
      [
        "name: hrm.hrm_act_v1@HierarchicalReasoningModel_ACTV1",
        "loss: { name: losses@ACTLossHead, loss_type: stablemax_cross_entropy }",
        "halt_exploration_prob: 0.1\nhalt_max_steps: 16\nH_cycles: 2\nL_cycles: 2\nH_layers: 4\nL_layers: 4",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: OmegaConf writes so
        "hidden_size: 512\nnum_heads: 8\nexpansion: 4\npuzzle_emb_ndim: ${.hidden_size}\npos_encodings: rope\n",
      ].join("\n"),
    );
    write("empty.yaml", "model: null\ndata: { kind: sudoku }\n");
    situations(folder, [
      says("info hrm", /digests +train [0-9a-f]{16}, test [0-9a-f]{16}/),
      says("eval m4 --data hrm", /of 4 puzzles/),
      refuses(
        "eval m4 --data unanswered",
        /unanswered \(test\) has no answers: without them there is nothing to measure/,
      ),
      refuses("eval m4 --data floats", /it holds float32, and tokens are whole numbers: save a\.astype/),
      says("eval m4 --data two.csv", /copying the question: 6\.3%/),
      says("info m4", /best evaluation +step 2: /),
      refuses("eval m4 --identifiers blank", /--identifiers is for models with a puzzle embedding/),
      refuses("eval m4 --data README", /there is no preset "README"/),
      says(`train own.yaml --out own-run ${SMALL} ${EMBEDDING}`, /held-out puzzles/),
      { line: ["solve", "own-run", "1 2 3 4 1 2 3 4 1"], code: 0, says: /answer after step 2: \d \d \d/ },
      { line: ["solve", "own-run", "1 2 3"], code: 1, says: /the question has 3 numbers, the model takes 9/ },
      says("solve m4 ____________3___", /not solved after 2 steps/, /more than one solution exists/),
      says("train hp.yaml --print-config", /"paths":\["[^"]*d4"\]/),
      refuses("train hrm_v1.yaml --print-config", /hrm_v1\.yaml: data\.kind is missing/),
      says("train hrm_v1.yaml --data.kind sudoku --print-config", /"recursion":"one-step".*"ema":0[,}]/),
      refuses("train empty.yaml --print-config", /empty\.yaml: model must be an object, not null/),
    ]);
  });

  test("ARC without answers has votes, and no accuracy", () => {
    const task = { train: [{ input: [[1]], output: [[2]] }], test: [{ input: [[3]] }] };
    write("a/x_training_challenges.json", JSON.stringify({ t: task }));
    write("ads.yaml", "data: { kind: folder, paths: [ads] }\n");
    situations(folder, [
      says(
        "data arc --out ads --source a/x --subsets training --test-set training --augmentations 2",
        /test/,
      ),
      says(
        `train ads.yaml --out arc ${SMALL} ${EMBEDDING} --training.batchSize 1`,
        /unknown: no answer to a held-out puzzle is known/,
      ),
      says("eval arc --submission s.json", /answers +unknown, so nothing can be measured/),
      refuses("eval arc --limit 1 --submission s2.json", /leave --limit out/),
    ]);
  });
});
