import type { Experiment } from "../experiment";
import { sudokuTasks } from "./tasks";

export const mixtureOfExperts: Experiment = {
  name: "mixture-of-experts",
  title: "Mixture of experts",
  claim:
    "Replacing the SwiGLU by a mixture of experts adds capacity that so little data cannot use: generalization drops a lot.",
  source: 'appendix, "Ideas that failed"',
  tasks: sudokuTasks,
  variants: [
    { name: "one SwiGLU", changes: {} },
    { name: "4 experts, best 1", changes: { model: { experts: 4, expertsPerToken: 1 } } },
    { name: "4 experts, best 2", changes: { model: { experts: 4, expertsPerToken: 2 } } },
  ],
};
