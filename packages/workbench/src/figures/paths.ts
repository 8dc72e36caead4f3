import { join, resolve } from "node:path";
import { projectFolder } from "../files/paths";

/** Where `saveFigure` writes: `figures/`, or the folder that the environment variable TRM_FIGURES names. */
export function figuresFolder(): string {
  return process.env.TRM_FIGURES ? resolve(process.env.TRM_FIGURES) : join(projectFolder, "figures");
}
