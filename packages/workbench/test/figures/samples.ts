import {
  accuracyFigure,
  comparisonFigure,
  type Figure,
  haltingFigure,
  heatmapFigure,
  latentChangesFigure,
  linesFigure,
  lossFigure,
  mazeFigure,
  mazeStepsFigure,
  pointsFigure,
  readabilityFigure,
  sudokuFigure,
  sudokuStepsFigure,
  trajectoriesFigure,
} from "../../src/figures";

/** A solved 4x4 Sudoku with 2x2 boxes, its clues, and an answer with one wrong cell (row 1, column 2). */
export const puzzle = {
  box: [2, 2] as const,
  clues: [1, 0, 3, 0, 0, 4, 0, 2, 2, 0, 4, 0, 0, 3, 0, 1],
  solution: [1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1],
};
export const oneWrong = puzzle.solution.map((digit, cell) => (cell === 1 ? 4 : digit));

const steps = [100, 200, 300];
const maze = {
  question: ["#####", "#S  #", "# #G#", "#####"],
  solution: ["#####", "#Soo#", "# #G#", "#####"],
  prediction: ["#####", "#So #", "#o#G#", "#####"],
};

/** One figure of every kind. */
export const figures: Readonly<Record<string, Figure>> = {
  accuracy: accuracyFigure({
    title: "Accuracy",
    subtitle: "on puzzles",
    curves: [
      {
        name: "TRM",
        weights: "ema",
        steps,
        seeds: [
          [0, 0.4, 0.8],
          [0, 0.2, 0.9],
        ],
      },
      { name: "TRM", weights: "live", steps, seeds: [[0.1, 0.5, 0.9]] },
      { name: "TRM", weights: "ema", measure: "cells", steps, seeds: [[0.5, 0.7, 0.9]] },
    ],
    references: [{ name: "paper", value: 0.874 }],
  }),
  points: pointsFigure({
    title: "Cost",
    xTitle: "steps",
    yTitle: "solved",
    log: true,
    series: [
      {
        name: "vote",
        group: "noise",
        points: [
          { x: 1, y: 0.2, text: "1" },
          { x: 16, y: 0.8 },
        ],
      },
      { name: "oracle", group: "noise", dashed: true, points: [{ x: 1, y: 0.3 }] },
    ],
  }),
  trajectories: trajectoriesFigure({
    title: "Paths",
    panels: [
      {
        title: "solved",
        paths: [
          {
            points: [
              [1, 0],
              [0.5, 0.5],
              [0, 0],
            ],
          },
        ],
      },
      {
        title: "failed",
        paths: [
          {
            points: [
              [-2, 0],
              [0, 1],
            ],
          },
        ],
      },
    ],
  }),
  loss: lossFigure({ title: "Loss", curves: [{ name: "TRM", steps, seeds: [[2, 1, 0.1]] }] }),
  lines: linesFigure({
    title: "Time",
    yTitle: "steps used",
    curves: [{ name: "TRM", steps, seeds: [[8, 4, 2]] }],
  }),
  comparison: comparisonFigure({
    title: "Variants",
    rows: [
      { variant: "TRM", ours: [0.9, 0.8], paper: 0.874 },
      { variant: "mixture of experts", ours: [0.2] },
    ],
  }),
  heatmap: heatmapFigure({
    title: "Depth",
    columns: { title: "n", values: [1, 2] },
    rows: { title: "T", values: [3] },
    cells: [[0.5, null]],
    notes: [["paper 63.2", null]],
  }),
  halting: haltingFigure({ title: "Halting", series: [{ name: "TRM", counts: [1, 3] }] }),
  latentChanges: latentChangesFigure(
    [
      { latent: "z", supervisionStep: 1, change: 0.9 },
      { latent: "y", supervisionStep: 1, change: 0.7 },
      { latent: "z", supervisionStep: 2, change: 0.4 },
      { latent: "y", supervisionStep: 2, change: 0.2 },
    ],
    { title: "Changes" },
  ),
  readability: readabilityFigure({
    title: "Readable",
    readings: [
      { latent: "y", supervisionStep: 1, head: 0.6, probe: 0.6 },
      { latent: "y", supervisionStep: 2, head: 0.9, probe: 0.9 },
      { latent: "z", supervisionStep: 1, head: 0.2, probe: 0.5 },
      { latent: "z", supervisionStep: 2, head: 0.2, probe: 0.8 },
    ],
    guessing: 0.25,
  }),
  sudoku: sudokuFigure({ ...puzzle, prediction: oneWrong, confidence: oneWrong.map(() => 0.9) }),
  sudokuSteps: sudokuStepsFigure(puzzle, [{ prediction: oneWrong }, { prediction: puzzle.solution }]),
  maze: mazeFigure(maze),
  mazeSteps: mazeStepsFigure(maze, [maze.prediction, maze.solution]),
};
