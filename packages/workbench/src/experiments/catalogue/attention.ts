import type { Experiment } from "../experiment";
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

export const mixerOnMazes: Experiment = {
  name: "mixer-mazes",
  title: "Attention or MLP: mazes",
  claim,
  source,
  tasks: mazeTasks,
  variants: [
    { name: "MLP", changes: { model: { mixer: "mlp", positions: "none" } }, paper: 0 },
    { name: "attention", changes: { model: attention }, at: paperHeads, paper: 0.853 },
  ],
};
