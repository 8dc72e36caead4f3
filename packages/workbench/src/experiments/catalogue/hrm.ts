import { hrmModel } from "trm/model";
import type { Experiment } from "../experiment";
import { noEarlyPhase, recursionTasks } from "./tasks";

export const hrmAgainstTrm: Experiment = {
  name: "hrm-against-trm",
  title: "HRM against TRM",
  claim:
    "One tiny network with gradients through the whole last recursion solves far more puzzles than HRM's two networks with a one-step gradient. Deep supervision is what both owe most to; recursion without it, or a plain network, gets almost nowhere.",
  source: "sections 2 to 4, Tables 1 and 4",
  tasks: recursionTasks,
  variants: [
    { name: "TRM", changes: {}, paper: 0.874 },
    { name: "HRM", changes: { model: hrmModel }, paper: 0.55 },
    { name: "one-step gradient", changes: { model: { recursion: "one-step" } }, paper: 0.565 },
    { name: "no deep supervision", changes: { model: { supervisionSteps: 1 } }, at: noEarlyPhase },
    {
      name: "direct prediction",
      changes: { model: { recursion: "direct", layers: 8, n: 1, T: 1, supervisionSteps: 1 } },
      at: noEarlyPhase,
      paper: 0,
    },
  ],
};
