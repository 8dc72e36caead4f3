import type { RunConfigChanges } from "../../config";
import type { Experiment } from "../experiment";
import { recursionTasks } from "./tasks";

/** A network that computes the answer in one pass, in one supervision step. */
const plain = (layers: number): RunConfigChanges["model"] => ({
  ...{ recursion: "direct", layers, n: 1, T: 1, supervisionSteps: 1 },
});

/** Layers that one supervision step of TRM with n = 3, T = 2 passes through, 2 * 2 * (3 + 1), and those with n = 6, T = 3. */
const [unrolled, unrolledFull] = [16, 42];

/**
 * A step of TRM costs (T - 1)(n + 1) passes of 2 layers, and three times as much for each of the n + 1 with a gradient: 32 layers' worth with n = 3,
 * T = 2, and 70 with n = 6, T = 3. A plain network of k layers costs 3 k. At equal compute it trains for so many times the steps:
 */
const stepsAtEqualCompute = (layers: number, worth = 32) => worth / (3 * layers);

const training = (steps: number, layers: number): RunConfigChanges => ({
  training: { totalSteps: Math.round(steps * stepsAtEqualCompute(layers)) },
});

const fullEpochs = (layers: number): RunConfigChanges => ({
  data: { epochs: Math.round(50_000 * stepsAtEqualCompute(layers, 70)) },
});

export const plainTransformer: Experiment = {
  name: "plain-transformer",
  title: "TRM against a plain network",
  claim:
    "Recursion and deep supervision, not depth or parameters, carry the result: a plain network that is as deep as TRM unrolled, or has as many parameters, learns far less from the same compute.",
  source: 'sections 2 and 4, Tables 4 and 5 ("Direct pred"), here at equal compute',
  tasks: recursionTasks,
  variants: [
    { name: "TRM", changes: {} },
    {
      name: "as deep as TRM unrolled, equal compute",
      changes: { model: plain(unrolled) },
      at: {
        smoke: { model: plain(4), ...training(12, 4) }, // a C compiler takes 20 s for 16 layers
        laptop: training(600, unrolled),
        desktop: { training: { ...training(1000, unrolled).training, earlySteps: 0 } },
        full: { model: plain(unrolledFull), ...fullEpochs(unrolledFull) },
      },
    },
    {
      name: "as many parameters as TRM, equal compute",
      changes: { model: plain(2) },
      at: {
        smoke: training(12, 2),
        laptop: training(600, 2),
        desktop: { training: { ...training(1000, 2).training, earlySteps: 0 } },
        full: fullEpochs(2),
      },
    },
  ],
};
