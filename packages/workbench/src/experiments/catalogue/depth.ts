import type { Experiment, Variant } from "../experiment";
import { sudokuTasks } from "./tasks";

/** The paper's TRM by "n,T". In its Table 3 n is 2k; n = 2, T = 2 is in Table 1. */
const paper: Record<string, number> = {
  "2,1": 0.632,
  "2,2": 0.737,
  "4,2": 0.819,
  "6,3": 0.874,
  "8,4": 0.842,
  "6,6": 0.858,
};

/** Updates of z before each of y, and latent recursions per supervision step. */
export const depthGrid = { n: [1, 2, 3], T: [1, 2, 3] } as const;

export const depth: Experiment = {
  name: "depth",
  title: "Depth",
  claim:
    "Deeper recursion generalizes better up to a point: T = 3 and n = 6 beat everything shallower, and T = 4 and n = 8 are no better.",
  source: "section 4.8, Tables 1 and 3",
  tasks: sudokuTasks,
  variants: depthGrid.T.flatMap((T) =>
    depthGrid.n.map(
      (n): Variant => ({
        name: `n = ${n}, T = ${T}`,
        changes: { model: { n, T } },
        ...(`${n},${T}` in paper && { paper: paper[`${n},${T}`] }),
      }),
    ),
  ),
};
