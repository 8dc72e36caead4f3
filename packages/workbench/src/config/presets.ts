import { join } from "node:path";
import { projectFolder } from "../files/paths";
import { suggestion } from "../text/nearest";
import type { RunConfig, RunConfigChanges } from "./config";
import { parseRunConfig } from "./parse";

/** No puzzle embedding: all Sudokus of a size are one task. */
const noPuzzleEmbedding = { puzzleEmbSize: 0, puzzleEmbLen: 0 } as const;

/** 4x4 Sudoku in half a minute, to see that everything works. */
const sudoku4x4: RunConfigChanges = {
  data: {
    kind: "sudoku",
    box: "2x2",
    train: 200,
    test: 100,
    seed: 1,
    augment: true, // a random symmetry each time a puzzle is drawn
  },
  model: {
    hiddenSize: 64, // 512 in the paper
    mixer: "mlp", // best on small fixed grids, as in the paper
    positions: "none", // the MLP has weights of its own for every cell
    ...noPuzzleEmbedding,
    n: 3, // updates of z before each update of y; 6 in the paper
    T: 2, // latent recursions per supervision step, the last one with gradients; 3 in the paper
    supervisionSteps: 8, // per puzzle at most; 16 in the paper
  },
  training: {
    batchSize: 64, // 768 in the paper
    totalSteps: 400,
    warmupSteps: 50, // linear; 2,000 in the paper
    learningRate: 1e-3, // ten times the paper's: the network is small and the run short
    ema: 0.98, // averages over about 50 steps, as long as the run allows
    precision: "float32", // bfloat16 gains nothing at this size
  },
};

/** 6x6 Sudoku on a laptop in two minutes: the smallest size at which the paper's comparisons show. */
const sudoku6x6: RunConfigChanges = {
  data: {
    kind: "sudoku",
    box: "2x3",
    train: 1000, // as many as Sudoku-Extreme has in the paper
    test: 256,
    seed: 1,
    augment: true, // a random symmetry each time a puzzle is drawn
  },
  model: {
    hiddenSize: 64, // 512 in the paper
    widthMultiple: 32, // keeps the SwiGLUs in proportion to a small width
    mixer: "mlp", // best on small fixed grids, as in the paper
    positions: "none", // the MLP has weights of its own for every cell
    ...noPuzzleEmbedding,
    n: 2, // 6 in the paper
    T: 2, // 3 in the paper
    supervisionSteps: 8, // 16 in the paper: with fewer, a short run sees more puzzles
  },
  training: {
    batchSize: 64, // 768 in the paper
    totalSteps: 1000, // most puzzles are solved from about 500 on
    warmupSteps: 100, // 2,000 in the paper
    learningRate: 4e-3, // forty times the paper's: the network is small and the run short
    minRatio: 0.1, // the cosine ends at 4e-4; the paper's small rate stays constant
    ema: 0.99, // averages over about 100 steps; the paper's 0.999 would lag behind in a short run
  },
};

/** 6x6 Sudoku with self-attention, which has to find out where rows, columns and boxes are. */
const sudoku6x6Attention = {
  data: sudoku6x6.data,
  model: {
    ...sudoku6x6.model,
    mixer: "attention",
    heads: 4, // 8 in the paper; 16 numbers a head
    positions: "row-column", // "rope" in the paper, in which a cell of the next row is as far as one of the next box
    gradientRecursions: 2, // through all T; 1 in the paper
    attentionNorm: true, // not in the paper; without it one seed in three stays below 80%
  },
  training: {
    ...sudoku6x6.training,
    totalSteps: 1800,
    earlySteps: 1200, // as long as hardly any puzzle is solved
    earlySupervisionSteps: 2, // more new puzzles in that time
    learningRate: 2e-3, // half of what the MLP bears
    minRatio: 0.02,
    weightDecay: 0.2, // 1 in the paper
    loss: "softmax", // stablemax in the paper
    haltingWeight: 0.1, // 0.5 in the paper
    precision: "float32",
  },
} as const satisfies RunConfigChanges;

/** 9x9 Sudoku as a newspaper prints it. */
const sudoku9x9 = {
  data: {
    kind: "sudoku",
    box: "3x3",
    difficulty: "mixed",
    clues: 34, // as in a newspaper; hardly any of these puzzles needs a guess
    train: 1000, // as many as Sudoku-Extreme has in the paper
    test: 500,
    seed: 1,
    augment: true, // a random symmetry each time a puzzle is drawn
  },
  model: {
    ...sudoku6x6.model,
    hiddenSize: 96, // 512 in the paper
  },
  training: {
    batchSize: 32, // 768 in the paper; of 64 and 32, the smaller learns more in the same time
    totalSteps: 2000,
    earlySteps: 600, // as long as no puzzle is solved to its end
    earlySupervisionSteps: 2, // more new puzzles in that time: 11% against 0% solved after 300 steps of 64
    warmupSteps: 100, // 2,000 in the paper
    learningRate: 3e-3, // thirty times the paper's: the network is small and the run short
    minRatio: 0.01, // the cosine ends at 3e-5; the paper's small rate stays constant
    ema: 0.99, // averages over about 100 steps; the paper's 0.999 would lag behind in a short run
    loss: "softmax", // stablemax in the paper, which keeps far longer runs stable
    haltingWeight: 0.1, // 0.5 in the paper: 96.4% of 500 puzzles after 2,600 such steps, against 98.8% after 2,000
    precision: "float32", // faster than bfloat16 on processors without instructions for it
  },
} as const satisfies RunConfigChanges;

/** 9x9 Sudoku in which no clue is superfluous: about 24 clues, and more than half of the puzzles need a guess. */
const sudoku9x9Minimal = {
  data: { ...sudoku9x9.data, difficulty: "minimal", clues: null, train: 2000 },
  model: {
    ...sudoku9x9.model,
    hiddenSize: 128, // 96 in the preset for newspaper puzzles
    n: 3, // 2 there; guesses need longer chains
  },
  training: {
    ...sudoku9x9.training,
    totalSteps: 10_000, // so few clues are learned five times as slowly
    earlySteps: 6000, // with 2,000, 23% of the puzzles are solved after 3,000 steps; with 6,000, 69%
    learningRate: 2e-3, // the network is wider, the run longer
    weightDecay: 0.5, // 1 in the paper
  },
} as const satisfies RunConfigChanges;

/** A dataset folder, 50,000 epochs with an evaluation every 5,000, as the paper trains Sudoku-Extreme and Maze-Hard. */
const paperFolder = (folder: string) =>
  ({ kind: "folder", paths: [folder], epochs: 50_000, epochsPerIteration: 5000 }) as const;

/** Sudoku-Extreme with the MLP mixer: 87.4% in the paper. */
const sudokuExtremeMlp: RunConfigChanges = {
  data: paperFolder("data/sudoku-extreme-1k-aug-1000"),
  model: {
    mixer: "mlp", // best on small fixed grids
    positions: "none", // the MLP has weights of its own for every cell
  },
};

/** Sudoku-Extreme with self-attention, the paper's default: 74.7% in the paper. */
const sudokuExtremeAttention: RunConfigChanges = { data: sudokuExtremeMlp.data };

/** Maze-Hard, 30x30: 85.3% in the paper. Attention, since an MLP over 900 cells fails (0%). */
const mazeHard: RunConfigChanges = {
  data: paperFolder("data/maze-30x30-hard-1k"),
  model: {
    n: 4, // as the README of the official code; 6 for Sudoku
  },
};

/** ARC-AGI: every task and augmentation has an identifier, so an embedding, of its own. */
const arc = (folder: string): RunConfigChanges => ({
  data: {
    kind: "folder",
    paths: [folder],
    epochs: 100_000, // twice those of Sudoku-Extreme
    epochsPerIteration: 10_000,
  },
  model: {
    n: 4, // as the README of the official code; 6 for Sudoku
  },
  training: {
    weightDecay: 0.1, // 1 for Sudoku and mazes, which have fewer different puzzles
    puzzleEmbLearningRate: 1e-2, // a hundred times that of the weights: each embedding is rarely drawn
    puzzleEmbWeightDecay: 0.1,
  },
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
};

/** The same puzzles for a processor over night: the network and the rates of minimal puzzles, three times as many steps. */
const sudokuHardSmall: RunConfigChanges = {
  data: sudokuHard.data,
  model: sudoku9x9Minimal.model,
  training: {
    ...sudoku9x9Minimal.training,
    totalSteps: 30_000, // less than three hours on two cores; solves 15.4% of the hard puzzles, 20.2% in 32 supervision steps
    earlySteps: 18_000,
  },
};

/** Runs by name. What a preset leaves out has the paper's value. */
export const presets = {
  "sudoku-4x4": sudoku4x4,
  "sudoku-6x6": sudoku6x6,
  "sudoku-6x6-attention": sudoku6x6Attention,
  "sudoku-9x9": sudoku9x9,
  "sudoku-9x9-minimal": sudoku9x9Minimal,
  "sudoku-hard": sudokuHard,
  "sudoku-hard-small": sudokuHardSmall,
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
