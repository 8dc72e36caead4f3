import { presets, type RunConfigChanges } from "../../config";
import type { Budget, ExperimentTask } from "../experiment";

const { data: puzzles, model: presetModel } = presets["sudoku-6x6"];
const newspaper = presets["sudoku-9x9"];

/** The network of the preset. A run of the comparisons takes about a minute of one core. */
const tinyModel = {
  ...presetModel,
  supervisionSteps: 6, // 8 in the preset: with fewer, a short run sees more puzzles
} as const satisfies RunConfigChanges["model"];

const shortRun = {
  seed: 1,
  batchSize: 64,
  totalSteps: 600, // plain TRM then solves about nine of ten puzzles: there is room above and below
  warmupSteps: 60,
  learningRate: 4e-3, // forty times the paper's: the network is small and the run short
  ema: 0.99, // averages over about 100 steps
} as const satisfies RunConfigChanges["training"];

/** One checkpoint at the end and a few on the way, so that an interrupted run loses little. */
const checkpoints = { every: 200, keep: 1 };

/** What a variant with one supervision step changes in a budget with an early phase of two. */
export const noEarlyPhase = { desktop: { training: { earlySteps: 0 } } } as const;

/** 6x6 Sudoku with two updates of z, two latent recursions: what most notebooks compare on. */
export const sudokuTasks = {
  smoke: {
    name: "4x4 Sudoku",
    base: {
      data: { kind: "sudoku", box: "2x2", train: 100, test: 32, seed: 1, augment: true },
      model: { ...tinyModel, hiddenSize: 32, supervisionSteps: 3 },
      training: { ...shortRun, batchSize: 16, totalSteps: 12, warmupSteps: 4, precision: "float32" },
      evaluation: { every: 6 },
      checkpoints: { every: 6, keep: 1 },
    },
  },
  laptop: {
    name: "6x6 Sudoku",
    base: {
      data: puzzles,
      model: tinyModel,
      training: shortRun,
      evaluation: { every: 100 },
      checkpoints,
    },
  },
  desktop: {
    name: "9x9 Sudoku",
    base: {
      data: newspaper.data,
      model: { ...newspaper.model, hiddenSize: 64 }, // 96 in the preset, which leaves too little room above
      training: {
        ...newspaper.training,
        seed: 1,
        totalSteps: 1000, // plain TRM then solves about seven of ten puzzles, in some four minutes of one core
        earlySteps: 400,
        minRatio: 0.05,
        haltingWeight: 0.5, // the paper's, as in the other budgets
      },
      evaluation: { every: 200 },
      checkpoints,
    },
  },
  full: { name: "Sudoku-Extreme", base: presets["sudoku-extreme-mlp"] },
} as const satisfies Record<Budget, ExperimentTask>;

/** The same with three updates of z, where the question is what happens between two answers. */
export const recursionTasks = {
  ...sudokuTasks,
  laptop: {
    ...sudokuTasks.laptop,
    base: { ...sudokuTasks.laptop.base, model: { ...tinyModel, n: 3 } },
  },
  desktop: {
    ...sudokuTasks.desktop,
    base: { ...sudokuTasks.desktop.base, model: { ...sudokuTasks.desktop.base.model, n: 3 } },
  },
} as const satisfies Record<Budget, ExperimentTask>;

/** With it attention learns 6x6 Sudokus. */
const { training: recipe } = presets["sudoku-6x6-attention"];
const mazes = { kind: "maze", loops: 0.1, seed: 1, augment: true } as const;

/** Mazes: cells that matter to each other only along a path, wherever that runs. */
export const mazeTasks = {
  smoke: {
    name: "7x7 mazes",
    base: {
      ...sudokuTasks.smoke.base,
      data: { ...mazes, size: 7, minLength: 6, train: 50, test: 16 }, // there are only 6 of 5x5
    },
  },
  laptop: {
    name: "7x7 mazes",
    base: {
      ...sudokuTasks.laptop.base,
      data: { ...mazes, size: 7, minLength: 8, train: 1000, test: 256 },
      training: { ...shortRun, batchSize: 32, totalSteps: 700, learningRate: 2e-3 },
    },
  },
  desktop: {
    name: "9x9 mazes",
    base: {
      data: { ...mazes, size: 9, minLength: 12, train: 1000, test: 256, augment: false },
      model: { ...presetModel, supervisionSteps: 4 }, // with 8, most training puzzles halt long before, and later steps undo the answer
      training: { ...recipe, seed: 1, batchSize: 32, totalSteps: 4000, earlySteps: 2400 },
      evaluation: { every: 200 },
      checkpoints,
    },
  },
  full: { name: "Maze-Hard", base: presets["maze-hard"] },
} as const satisfies Record<Budget, ExperimentTask>;
