import { join, resolve } from "node:path";
import { projectFolder } from "../files/paths";

/** The folder of `saveFigure`: `figures/`, or the one that the environment variable TRM_FIGURES names. */
export function figuresFolder(): string {
  return process.env.TRM_FIGURES ? resolve(process.env.TRM_FIGURES) : join(projectFolder, "figures");
}
