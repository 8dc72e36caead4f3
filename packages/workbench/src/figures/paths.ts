import { join, resolve } from "node:path";
import { projectFolder } from "../files/paths";

/** The figures that are shown in the README, and stored with the notebooks. */
export const committedFigures = join(projectFolder, "figures");

/** The folder of `saveFigure`: `runs/figures`, or the one that the environment variable TRM_FIGURES names. */
export function figuresFolder(): string {
  return process.env.TRM_FIGURES ? resolve(process.env.TRM_FIGURES) : join(projectFolder, "runs", "figures");
}
