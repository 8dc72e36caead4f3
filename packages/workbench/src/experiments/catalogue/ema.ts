import type { RunConfigChanges } from "../../config";
import type { Experiment } from "../experiment";
import { sudokuTasks } from "./tasks";

/** Evaluates both kinds of weights. */
const bothWeights: RunConfigChanges["evaluation"] = { weights: ["live", "ema"] };

const claim =
  "On small data the weights swing and the accuracy can collapse; an exponential moving average of the weights steadies it and generalizes better.";
const source = "section 4.7, Table 1";

export const ema: Experiment = {
  name: "ema",
  title: "EMA",
  claim,
  source,
  tasks: sudokuTasks,
  variants: [
    {
      name: "EMA 0.99",
      changes: { evaluation: bothWeights },
      at: { full: { training: { ema: 0.999 } } },
      paper: 0.874,
    },
    { name: "EMA 0.9", changes: { training: { ema: 0.9 }, evaluation: bothWeights } },
    { name: "EMA 0.999", changes: { training: { ema: 0.999 }, evaluation: bothWeights } },
    { name: "no EMA", changes: { training: { ema: 0 } }, paper: 0.799 },
  ],
};

/** A tenth of the puzzles, none of them rewritten by symmetries: the network sees the same hundred again and again. */
const smallData: RunConfigChanges = { data: { train: 100, augment: false }, evaluation: bothWeights };

export const emaOnSmallData: Experiment = {
  name: "ema-small-data",
  title: "EMA on small data",
  claim,
  source,
  tasks: sudokuTasks,
  variants: [{ name: "100 puzzles", changes: smallData }],
};
