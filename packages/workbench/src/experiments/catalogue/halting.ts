import type { Experiment } from "../experiment";
import { sudokuTasks } from "./tasks";

export const halting: Experiment = {
  name: "halting",
  title: "Halting",
  claim:
    "A halting head trained to know whether the answer is right saves training time; HRM's continue loss costs a second forward pass in every step and gains nothing.",
  source: "section 4.6, Table 1",
  tasks: sudokuTasks,
  variants: [
    { name: "halt", changes: {}, paper: 0.874 },
    { name: "halt and continue (Q-learning)", changes: { model: { halting: "continue" } }, paper: 0.861 },
    { name: "never halts early", changes: { model: { halting: "never" } } },
  ],
};
