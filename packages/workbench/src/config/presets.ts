import { join } from "node:path";
import { projectFolder } from "../files/paths";
import { suggestion } from "../text/nearest";
import type { RunConfig, RunConfigChanges } from "./config";
import { parseRunConfig } from "./parse";

/** No puzzle embedding: all Sudokus of a size are one task. */
const noPuzzleEmbedding = { puzzleEmbSize: 0, puzzleEmbLen: 0 } as const;

/** 4x4 Sudoku in half a minute: to see that everything works. */
const sudoku4x4: RunConfigChanges = {
  data: { kind: "sudoku", box: "2x2", train: 200, test: 100, seed: 1, augment: true },
  model: {
    hiddenSize: 64, // width of x, y and z
    mixer: "mlp", // cells see each other through an MLP along the sequence
    positions: "none", // which has weights of its own for every cell
    ...noPuzzleEmbedding,
    n: 3, // updates of z before each update of y
    T: 2, // latent recursions per supervision step, the last one with gradients
    supervisionSteps: 8, // at most, per puzzle
  },
  training: {
    batchSize: 64,
    totalSteps: 400,
    warmupSteps: 50,
    learningRate: 1e-3, // ten times the paper's: the network is small and the run short
    weightDecay: 1, // as the paper
    ema: 0.98, // averages over about 50 steps, as long as the run allows
    precision: "float32", // bfloat16 gains nothing at this size
  },
};

/** 6x6 Sudoku on a laptop in two minutes: the size at which the paper's comparisons already show. */
const sudoku6x6: RunConfigChanges = {
  data: { kind: "sudoku", box: "2x3", train: 1000, test: 256, seed: 1, augment: true },
  model: {
    hiddenSize: 64, // width of x, y and z
    expansion: 4, // as the paper
    widthMultiple: 32, // the SwiGLUs stay in proportion to so small a width
    mixer: "mlp", // best on small fixed grids, as in the paper
    positions: "none",
    ...noPuzzleEmbedding,
    n: 2, // 6 in the paper
    T: 2, // 3 in the paper
    supervisionSteps: 8, // 16 in the paper: with fewer, a short run sees more puzzles
  },
  training: {
    batchSize: 64, // 768 in the paper
    totalSteps: 1000, // most puzzles are solved from about 500 on
    warmupSteps: 100,
    learningRate: 4e-3, // forty times the paper's: the network is small and the run short
    minRatio: 0.1, // so large a rate must fall in the end (cosine); the paper's small one stays as it is
    weightDecay: 1,
    ema: 0.99, // averages over about 100 steps; 0.999 would lag behind so short a run
    precision: "bfloat16",
  },
};

/** A dataset folder, 50,000 epochs with an evaluation every 5,000, as the paper trains Sudoku-Extreme and Maze-Hard. */
const paperFolder = (folder: string) =>
  ({ kind: "folder", paths: [folder], epochs: 50_000, epochsPerIteration: 5000 }) as const;

/** Sudoku-Extreme with the MLP mixer: 87.4% in the paper. */
const sudokuExtremeMlp: RunConfigChanges = {
  data: paperFolder("data/sudoku-extreme-1k-aug-1000"),
  model: { mixer: "mlp", positions: "none", layers: 2, T: 3, n: 6 },
};

/** Sudoku-Extreme with self-attention: 74.7% in the paper. */
const sudokuExtremeAttention: RunConfigChanges = {
  ...sudokuExtremeMlp,
  model: { mixer: "attention", positions: "rope", layers: 2, T: 3, n: 6 },
};

/** Maze-Hard, 30x30: 85.3% in the paper. Attention, since an MLP over 900 cells fails (0%). */
const mazeHard: RunConfigChanges = {
  data: paperFolder("data/maze-30x30-hard-1k"),
  model: { mixer: "attention", positions: "rope", layers: 2, T: 3, n: 4 },
};

/** ARC-AGI: one identifier, so one embedding, for every task and augmentation, and a high learning rate for those. */
const arc = (folder: string): RunConfigChanges => ({
  data: { kind: "folder", paths: [folder], epochs: 100_000, epochsPerIteration: 10_000 },
  model: { mixer: "attention", positions: "rope", layers: 2, T: 3, n: 4 },
  training: { weightDecay: 0.1, puzzleEmbLearningRate: 1e-2, puzzleEmbWeightDecay: 0.1 },
});

/** The paper's Sudoku settings on the 2,000 real puzzles that come with the project. */
const sudokuHard: RunConfigChanges = {
  data: {
    kind: "csv",
    train: join(projectFolder, "data", "sudoku-hard-train.csv"),
    test: join(projectFolder, "data", "sudoku-hard-test.csv"),
    augment: true, // on the fly, where the paper stores 1,000 copies of each puzzle
  },
  model: sudokuExtremeMlp.model,
  training: { totalSteps: 65_104 },
};

/** Runs by name. What a preset leaves out has the paper's value. */
export const presets = {
  "sudoku-4x4": sudoku4x4,
  "sudoku-6x6": sudoku6x6,
  "sudoku-hard": sudokuHard,
  "sudoku-extreme-mlp": sudokuExtremeMlp,
  "sudoku-extreme-attention": sudokuExtremeAttention,
  "maze-hard": mazeHard,
  "arc-agi-1": arc("data/arc1concept-aug-1000"),
  "arc-agi-2": arc("data/arc2concept-aug-1000"),
} as const satisfies Record<string, RunConfigChanges>;

export type PresetName = keyof typeof presets;

/**
 * A preset as it stands in this file.
 * @throws RangeError naming the nearest preset
 */
export function presetNamed(name: string): RunConfigChanges {
  if (Object.hasOwn(presets, name)) return presets[name as PresetName];
  throw new RangeError(`there is no preset "${name}"${suggestion(name, Object.keys(presets))}`);
}

/** The whole configuration of a preset. */
export function presetConfig(name: PresetName): RunConfig {
  return parseRunConfig(presetNamed(name));
}
