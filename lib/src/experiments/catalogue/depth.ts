import type { Experiment, Variant } from "../experiment";
import { sudokuScales } from "./scales";

/** The paper's TRM, by "n,T"; n = 3, T = 6 is its 85.8. */
const paper: Record<string, number> = { "1,1": 0.632, "2,2": 0.819, "3,3": 0.874, "4,4": 0.842 };

/** Updates of z before each of y, and latent recursions per supervision step. */
export const depthGrid = { n: [1, 2, 3], T: [1, 2, 3] } as const;

export const depth: Experiment = {
  name: "depth",
  title: "Depth",
  claim:
    "Deeper recursion generalizes better up to a point: k = 3 beats 1 and 2, and 4 is no better, where n and T grow with k.",
  source: "section 4.5, Table 3",
  scales: sudokuScales,
  variants: depthGrid.T.flatMap((T) =>
    depthGrid.n.map(
      (n): Variant => ({
        name: `n = ${n}, T = ${T}`,
        changes: { model: { n, T } },
        ...(n === T && { paper: paper[`${n},${T}`] }),
      }),
    ),
  ),
};
