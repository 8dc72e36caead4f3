import { presets } from "../../config";
import type { Experiment, Variant } from "../experiment";
import { mazeTasks, sudokuTasks } from "./tasks";

const claim =
  "On a small fixed grid an MLP along the sequence beats self-attention; on a large one it has too many weights to learn, and attention wins.";
const source = "section 4.5, Tables 1 and 4";

/** Attention needs to be told where a cell is; the MLP has weights of its own for every cell. */
const attention = { mixer: "attention", heads: 4, positions: "rope" } as const;
const paperHeads = { full: { model: { heads: 8 } } };

export const mixerOnSudoku: Experiment = {
  name: "mixer-sudoku",
  title: "Attention or MLP: Sudoku",
  claim,
  source,
  tasks: sudokuTasks,
  variants: [
    { name: "MLP", changes: {}, paper: 0.874 },
    { name: "attention", changes: { model: attention }, at: paperHeads, paper: 0.747 },
  ],
};

const mlp = { mixer: "mlp", positions: "none" } as const;
/** In a maze a cell needs its neighbours, which lie in the same directions everywhere: what two-dimensional rotary positions tell. */
const mazeAttention = { ...attention, positions: "rope-2d", ropeTheta: 10, attentionNorm: true } as const;

export const mixerOnMazes: Experiment = {
  name: "mixer-mazes",
  title: "Attention or MLP: mazes",
  claim,
  source,
  tasks: mazeTasks,
  variants: [
    { name: "MLP", changes: { model: mlp }, paper: 0 },
    {
      name: "attention",
      changes: { model: attention },
      at: { ...paperHeads, desktop: { model: mazeAttention } },
      paper: 0.853,
    },
  ],
};

const { model, training } = presets["sudoku-6x6-attention"];
const withItsRecipe = {
  name: "6x6 Sudoku, recipe of attention",
  base: {
    ...sudokuTasks.laptop.base,
    model: { ...model, attentionNorm: false }, // a variant of its own
    training: { ...training, seed: 1 },
    evaluation: { every: 300 },
  },
} as const;

/** The recipe with which attention learns in minutes, and what each part of it is worth. */
export const attentionRecipe: Experiment = {
  name: "attention-recipe",
  title: "A recipe for attention",
  claim:
    "Attention solves Sudokus too, if less well than the MLP. It starts slowly at small scale, and others speed it up with positions of rows and columns, gradients through all recursions, register tokens, or a norm before the output projection.",
  source: "section 4.5, Tables 1 and 4; parts of the recipe from other repositories, see docs/decisions.md",
  tasks: {
    smoke: {
      ...sudokuTasks.smoke,
      base: { ...sudokuTasks.smoke.base, model: { ...sudokuTasks.smoke.base.model, ...attention } },
    },
    laptop: withItsRecipe,
    desktop: withItsRecipe,
    full: { name: "Sudoku-Extreme", base: presets["sudoku-extreme-attention"] },
  },
  variants: [
    { name: "attention", changes: {}, paper: 0.747 },
    { name: "MLP", changes: { model: mlp }, paper: 0.874 },
    { name: "rotary positions", changes: { model: { positions: "rope" } } },
    { name: "two-dimensional rotary positions", changes: { model: { positions: "rope-2d", ropeTheta: 10 } } },
    { name: "learned positions", changes: { model: { positions: "learned" } } },
    { name: "gradient through the last recursion", changes: { model: { gradientRecursions: 1 } } },
    {
      name: "8 register tokens",
      changes: { model: { puzzleEmbLen: 8, puzzleEmbSize: 512 } },
      at: { smoke: { model: { puzzleEmbSize: 256 } } }, // as many numbers as eight tokens hold
    },
    { name: "norm before the output projection", changes: { model: { attentionNorm: true } } },
  ],
};

/** Cells on a side. The MLP suits a grid with no more cells than D, which is 64: 8x8. */
const sides = [9, 11, 13] as const;

const rungs = { ...mazeTasks.desktop, name: "mazes, recipe of attention" } as const;

/** Where attention overtakes the MLP, or how far it is from it. */
export const mazeLadder: Experiment = {
  name: "maze-ladder",
  title: "A ladder of mazes",
  claim,
  source,
  tasks: { smoke: mazeTasks.smoke, laptop: rungs, desktop: rungs, full: rungs },
  variants: sides.flatMap((size): Variant[] =>
    [
      { mixer: "MLP", model: mlp },
      { mixer: "attention", model: mazeAttention },
    ].map(({ mixer, model }) => ({
      name: `${mixer}, ${size}x${size}`,
      changes: { data: { size, minLength: 2 * size - 6 }, model },
      at: { smoke: { data: mazeTasks.smoke.base.data } },
    })),
  ),
};
