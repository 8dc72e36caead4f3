import type { Experiment } from "../experiment";
import { attentionRecipe, mazeLadder, mixerOnMazes, mixerOnSudoku } from "./attention";
import { depth } from "./depth";
import { ema, emaOnSmallData } from "./ema";
import { fewerLayers } from "./fewer-layers";
import { halting } from "./halting";
import { hrmAgainstTrm } from "./hrm";
import { latents } from "./latents";
import { mixtureOfExperts } from "./mixture";
import { recipes } from "./recipes";
import { supervisionSteps } from "./supervision";
import { plainTransformer } from "./transformer";

export { depthGrid } from "./depth";

/** The comparisons of the paper by name, in the order of the notebooks, and some that the paper has not. */
export const experiments = {
  hrmAgainstTrm,
  fewerLayers,
  latents,
  ema,
  emaOnSmallData,
  mixerOnSudoku,
  mixerOnMazes,
  attentionRecipe,
  mazeLadder,
  halting,
  depth,
  mixtureOfExperts,
  supervisionSteps,
  plainTransformer,
  recipes,
} as const satisfies Record<string, Experiment>;

/** All of them. */
export const catalogue: readonly Experiment[] = Object.values(experiments);
