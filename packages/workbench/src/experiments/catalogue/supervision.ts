import type { Experiment, Variant } from "../experiment";
import { noEarlyPhase, recursionTasks } from "./tasks";

export const supervisionSteps: Experiment = {
  name: "supervision-steps",
  title: "Supervision steps",
  claim:
    "Most of the gain comes from deep supervision: the same network that may improve its answer in up to 16 steps learns what it cannot learn with one.",
  source: 'sections 2.4 and 4.1; ARC Prize Foundation, "The Hidden Drivers of HRM\'s Performance on ARC-AGI"',
  tasks: recursionTasks,
  variants: [1, 2, 4, 8, 16].map(
    (steps): Variant => ({
      name: steps === 1 ? "1 step" : `${steps} steps`,
      changes: { model: { supervisionSteps: steps } },
      ...(steps === 1 && { at: noEarlyPhase }),
    }),
  ),
};
