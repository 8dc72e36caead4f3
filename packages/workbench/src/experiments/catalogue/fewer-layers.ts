import type { Experiment } from "../experiment";
import { recursionTasks } from "./tasks";

/** All at the same depth: layers * T * (n + 1) is 16 with the laptop's budget, 42 with the full one. */
export const fewerLayers: Experiment = {
  name: "fewer-layers",
  title: "Fewer layers",
  claim:
    "Two layers that are recursed more often generalize better than four layers recursed less often, at the same depth and with half the parameters.",
  source: "section 4.4, Table 1",
  tasks: recursionTasks,
  variants: [
    { name: "2 layers", changes: {}, paper: 0.874 },
    { name: "1 layer", changes: { model: { layers: 1, n: 7 } }, at: { full: { model: { n: 13 } } } },
    {
      name: "4 layers",
      changes: { model: { layers: 4, n: 1 } },
      at: { full: { model: { n: 3 } } }, // the paper's row; its depth is 48
      paper: 0.795,
    },
    { name: "2 layers, two networks", changes: { model: { networks: 2 } }, paper: 0.824 },
  ],
};
