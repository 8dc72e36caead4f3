import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { projectFolder } from "../files/paths";
import { suggestion } from "../text";

/** Averaged weights in a model's folder. */
export const MODEL_WEIGHTS = "weights.safetensors";

/** True for a folder that `writeModel` made. */
export const isModelFolder = (path: string): boolean =>
  [MODEL_WEIGHTS, "config.json"].every((name) => existsSync(join(path, name)));

/** Folder of the models that come with the project. */
export const modelsFolder = join(projectFolder, "data", "models");

/** Names of the models that come with the project, such as `sudoku-6x6`. */
export function modelNames(): string[] {
  if (!existsSync(modelsFolder)) return [];
  return readdirSync(modelsFolder).filter((name) => isModelFolder(join(modelsFolder, name)));
}

/**
 * The file or folder with the weights that a path or the name of a model means. A path that exists goes before a name.
 * @throws Error with the names of the models where there is neither
 */
export function weightsPlace(nameOrPath: string): string {
  const names = modelNames();
  const named = names.includes(nameOrPath) && !existsSync(nameOrPath);
  const path = named ? join(modelsFolder, nameOrPath) : nameOrPath;
  if (!existsSync(path)) {
    throw new Error(
      `${path} does not exist, and no model of the project has this name${suggestion(path, names)}`,
    );
  }
  return isModelFolder(path) ? join(path, MODEL_WEIGHTS) : path;
}
