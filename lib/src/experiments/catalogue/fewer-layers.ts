import { presets, type RunConfigChanges } from "../../runs";
import type { Experiment } from "../experiment";

/** 6x6 Sudoku, small enough that a run takes about a minute of one core. */
const laptop: RunConfigChanges = {
  ...presets["sudoku-6x6"],
  model: { ...presets["sudoku-6x6"].model, hiddenSize: 64, n: 2, T: 2 },
  training: { ...presets["sudoku-6x6"].training, totalSteps: 500, learningRate: 2e-3 },
};

export const fewerLayers: Experiment = {
  name: "fewer-layers",
  title: "Fewer layers",
  claim: "Two layers that are recursed more often generalize better than four layers at the same depth.",
  source: "section 4.4, Table 1",
  scales: {
    smoke: {
      task: "4x4 Sudoku",
      base: {
        ...presets["sudoku-4x4"],
        training: { ...presets["sudoku-4x4"].training, totalSteps: 30 },
        evaluation: { every: 10 },
      },
    },
    laptop: { task: "6x6 Sudoku", base: laptop },
    full: { task: "Sudoku-Extreme", base: presets["sudoku-extreme-mlp"] },
  },
  variants: [
    { name: "2 layers", changes: {}, paper: 0.874 },
    { name: "4 layers", changes: { model: { layers: 4, n: 1 } }, paper: 0.795 },
  ],
};
