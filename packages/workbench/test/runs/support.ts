import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { mergeConfig, parseRunConfig, type RunConfig, type RunConfigChanges } from "../../src/config";

/** A run of 4x4 Sudoku so small that a step takes milliseconds. */
export function tinyRun(changes: RunConfigChanges = {}): RunConfig {
  const tiny: RunConfigChanges = {
    data: { kind: "sudoku", box: "2x2", train: 40, test: 16, seed: 5 },
    model: {
      hiddenSize: 16,
      layers: 1,
      mixer: "mlp",
      positions: "none",
      puzzleEmbSize: 16,
      puzzleEmbLen: 1,
      n: 1,
      T: 2,
      supervisionSteps: 3,
    },
    training: {
      batchSize: 8,
      totalSteps: 20,
      warmupSteps: 2,
      learningRate: 1e-3,
      ema: 0.9,
      precision: "float32",
    },
    evaluation: { every: 10 },
    checkpoints: { every: 5, keep: 2 },
  };
  let config = tiny;
  for (const [section, change] of Object.entries(changes))
    config = mergeConfig(config, { [section]: change });
  return parseRunConfig(config);
}

/** A folder that is gone after the tests of this file. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "trm-runs-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
