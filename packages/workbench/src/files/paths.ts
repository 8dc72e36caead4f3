import { join, resolve } from "node:path";

/** The folder of the whole project; the same from `src/files` and from `dist/files`. */
export const projectFolder = resolve(__dirname, "../../../..");

/** For what can be made again: the unpacked browser, executed notebooks. */
export const cacheFolder = join(projectFolder, ".cache");
