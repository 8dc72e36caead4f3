import { join, resolve } from "node:path";

/** The folder of the whole project; the same from `lib/src/figures` and from `lib/dist/figures`. */
export const projectFolder = resolve(__dirname, "../../..");

/** Where `saveFigure` writes: `figures/`, or the folder that the environment variable TRM_FIGURES names. */
export function figuresFolder(): string {
  return process.env.TRM_FIGURES ? resolve(process.env.TRM_FIGURES) : join(projectFolder, "figures");
}

/** For what can be made again: the unpacked browser, executed notebooks. */
export const cacheFolder = join(projectFolder, ".cache");
