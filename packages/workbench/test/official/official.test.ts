import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { disposeTree, startEngine, tf } from "tfjs-compile";
import { sudokuTokens, testBatches } from "trm/batches";
import { createModel } from "trm/model";
import { createRandom } from "trm/random";
import { createReasoner } from "trm/trainer";
import { parse } from "yaml";
import { tinyTask } from "../../../../lib/test/trainer/support";
import { openDataset, readFolderExtras } from "../../src/data";
import { paramsFrom, readWeights, writeWeightsTorch } from "../../src/official";
import { arcVotes, runTraining } from "../../src/runs";
import { scratchFolder, tinyRun } from "../runs/support";

const python = process.env.TRM_TORCH_PYTHON ?? "";
const code = process.env.TRM_OFFICIAL_CODE ?? "";
const withOfficialCode = {
  skip:
    existsSync(python) && existsSync(code)
      ? false
      : "set TRM_TORCH_PYTHON to a Python with PyTorch, and TRM_OFFICIAL_CODE to a checkout of TinyRecursiveModels",
};

function runPython(script: string, ...args: string[]) {
  const { stdout, stderr, status } = spawnSync(python, [join(__dirname, script), code, ...args], {
    encoding: "utf8",
    maxBuffer: 1e8,
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

before(() => startEngine());

test("the official ARC evaluator scores random answers alike, submission included", withOfficialCode, () => {
  const scratch = scratchFolder();
  const folder = join(__dirname, "../../../../lib/test/fixtures/official-datasets/arc");
  const random = createRandom(6);
  for (let round = 0; round < 4; round++) {
    const [dataset] = openDataset(folder, "test");
    const votes = arcVotes(readFolderExtras(folder), dataset.blankIdentifierId);
    const batches: object[] = [];
    for (const batch of testBatches(dataset, 4)) {
      const { size, seqLen, inputs, labels, puzzleIdentifiers } = batch;
      const tokens = new Int32Array(size * seqLen);
      const qHalt = Float32Array.from({ length: size }, () => random.normal());
      for (let row = 0; row < size; row++) {
        // Right, the question itself, or a colour wrong: so that votes disagree.
        const kind = random.int(0, 3);
        for (let cell = row * seqLen; cell < (row + 1) * seqLen; cell++) {
          const right = Math.max(labels[cell], 0);
          const isFirst = cell === row * seqLen;
          tokens[cell] = kind === 1 ? inputs[cell] : kind === 2 && isFirst ? 2 + random.int(0, 2) : right;
        }
      }
      votes.add(batch, { tokens, qHalt });
      const rows = (all: Int32Array) =>
        Array.from({ length: size }, (_, row) => [...all.subarray(row * seqLen, (row + 1) * seqLen)]);
      batches.push({
        inputs: rows(inputs),
        identifiers: [...puzzleIdentifiers],
        tokens: rows(tokens),
        qHalt: [...qHalt],
      });
    }
    dataset.close();
    const answers = join(scratch, "answers.json");
    writeFileSync(answers, JSON.stringify(batches));
    const { passAt, submission } = votes.result();
    const official = runPython("official_arc.py", folder, answers, scratch);
    assert.deepEqual(
      official,
      Object.fromEntries(Object.entries(passAt).map(([k, share]) => [`ARC/pass@${k}`, share])),
    );
    assert.deepEqual(JSON.parse(readFileSync(join(scratch, "submission.json"), "utf8")), submission);
  }
});

for (const [name, changes] of [
  ["MLP mixer", {}],
  ["attention", { mixer: "attention", positions: "rope", heads: 2 }],
] as const) {
  test(
    `the official model loads what was exported and answers alike: ${name}`,
    withOfficialCode,
    async () => {
      const scratch = scratchFolder();
      const run = join(scratch, "run");
      const config = tinyRun({ model: changes, training: { totalSteps: 10 } });
      await runTraining(config, { folder: run });
      const stored = readWeights(run);
      const [weights, yaml] = writeWeightsTorch(join(scratch, "weights.pt"), stored.tensors, config);

      const inputs = tinyTask.puzzles.test.slice(0, 8).map(({ puzzle }) => [...sudokuTokens(puzzle)]);
      const { name: _, loss, ...arch } = parse(readFileSync(yaml, "utf8")).arch;
      const request = join(scratch, "request.json");
      const facts = { seq_len: 16, vocab_size: 6, num_puzzle_identifiers: 1 };
      writeFileSync(request, JSON.stringify({ arch: { ...arch, ...facts }, inputs }));
      const official = runPython("official_model.py", weights, request);

      const model = createModel(stored.model!);
      const params = paramsFrom(model, stored);
      const reasoner = createReasoner(model, "float32");
      const tokens = tf.tensor2d(inputs, [8, 16], "int32");
      const batch = {
        inputs: tokens,
        labels: tokens,
        puzzleIdentifiers: tf.zeros([8], "int32") as tf.Tensor1D,
      };
      let latents = reasoner.start(params, batch);
      for (const expected of official) {
        const { output } = reasoner.step(params, latents, batch);
        latents = output.latents;
        assert.deepEqual(output.logits.argMax(-1).arraySync(), expected.tokens);
        output.qHalt.arraySync().forEach((q, i) => {
          assert.ok(Math.abs(q - expected.qHalt[i]) < 1e-4, `${q} and ${expected.qHalt[i]}`);
        });
      }
      disposeTree([params, batch, latents]);
      reasoner.dispose();
    },
  );
}
