import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { trainSampler } from "trm/batches";
import { createRandom } from "trm/random";
import { tinyTask } from "../../../../lib/test/trainer/support";
import { readCheckpoint } from "../../src/checkpoints";
import { parseRunConfig } from "../../src/config";
import { readOfficialConfig } from "../../src/official";
import { aboutRun } from "../../src/official/about";
import { officialYaml } from "../../src/official/config";
import { readYaml } from "../../src/official/yaml";
import { resumable } from "../../src/runs";
import { fuzz } from "../files/fuzz";
import { scratchFolder, tinyRun } from "./support";

/** Some file systems wait for the disk when a file is overwritten, but not when it is new. */
function writeAnew(path: string, bytes: Buffer): void {
  rmSync(path, { force: true });
  writeFileSync(path, bytes);
}

const config = tinyRun();

test("checkpoint.json: 10,000 injured files", () => {
  const folder = scratchFolder();
  const sampler = trainSampler(tinyTask.train, { batchSize: 8, seed: 1 });
  sampler.next();
  const exploration = createRandom(1).save();
  const host = { step: 7, sampler: sampler.save(), exploration };
  const model = { ...config.model, vocabSize: 6, seqLen: 16, numPuzzleIdentifiers: 1 };
  const sample = JSON.stringify({
    format: 1,
    host,
    about: { config, model, seconds: 1.5, processorSeconds: 2, evaluationDue: false },
  });
  return fuzz("checkpoint", folder, [Buffer.from(sample)], (bytes) => {
    writeAnew(join(folder, "checkpoint.json"), bytes);
    const checkpoint = readCheckpoint(folder);
    aboutRun(checkpoint.about, checkpoint.path);
  });
});

test("config.json of a run: 10,000 injured files", () => {
  const folder = join(scratchFolder(), "run");
  mkdirSync(folder);
  return fuzz("run", "config.json", [Buffer.from(JSON.stringify(config))], (bytes) => {
    writeAnew(join(folder, "config.json"), bytes);
    resumable(folder);
  });
});

test("official YAML: 2,000 injured files", () => {
  const path = join(scratchFolder(), "cfg.yaml");
  const samples = [
    officialYaml(config),
    `arch: { name: trm@X, hidden_size: 8, puzzle_emb_ndim: $\{.hidden_size}, num_heads: 2, expansion: 4, H_cycles: 1, L_cycles: 2, H_layers: 0, L_layers: 1, halt_max_steps: 2, halt_exploration_prob: 0, pos_encodings: rope }\nlr: 1e-3\nweight_decay: $\{lr}\ndata_paths: [a, 'b']\nepochs: 5\n`,
  ];
  return fuzz(
    "yaml",
    path,
    samples.map((text) => Buffer.from(text)),
    (bytes) => {
      writeAnew(path, bytes);
      readYaml(path);
      const changes = readOfficialConfig(path);
      try {
        parseRunConfig({ ...changes, data: { kind: "sudoku" } });
      } catch (error) {
        // A configuration does not know which file it came from.
        throw new Error(`${path}: ${(error as Error).message}`);
      }
    },
    2_000,
  );
});
