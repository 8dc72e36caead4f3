import type { RunConfigChanges } from "../../config";
import type { Experiment, Variant } from "../experiment";
import { sudokuTasks } from "./tasks";

const recipe = (
  name: string,
  training: RunConfigChanges["training"],
  model?: RunConfigChanges["model"],
): Variant => ({
  name,
  changes: { training, ...(model && { model }) },
});

/** Advice about training at small scale from other repositories, each alone against plain TRM; docs/decisions.md has the answers. */
export const recipes: Experiment = {
  name: "recipes",
  title: "Recipes of others",
  claim: "Each of these settings is said to learn more from a short run than the paper's.",
  source: "sotaku, SiC, TRM-CGAR and other repositories; see docs/decisions.md",
  tasks: { ...sudokuTasks, desktop: sudokuTasks.laptop }, // 9x9 trains with some of these settings already
  variants: [
    { name: "plain TRM", changes: {} },
    recipe("one supervision step first", { earlySteps: 180, earlySupervisionSteps: 1 }),
    recipe("n = T = 1 first", { earlySteps: 240, earlyN: 1, earlyT: 1 }),
    recipe("gradient through all T", {}, { gradientRecursions: 2 }),
    recipe("softmax", { loss: "softmax" }),
    recipe("softmax, label smoothing 0.1", { loss: "softmax", labelSmoothing: 0.1 }),
    recipe("halting weight 0.1", { haltingWeight: 0.1 }),
    recipe("random start of the latents", { startNoise: 1 }),
    recipe("Muon", { optimizer: "muon" }),
    recipe("cosine to 1%", { minRatio: 0.01 }),
    recipe("cosine to 1%, no EMA", { minRatio: 0.01, ema: 0 }),
    recipe("cosine to 1%, weight decay 0.1", { minRatio: 0.01, weightDecay: 0.1 }),
  ],
};
