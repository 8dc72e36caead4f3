import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { ARC_MAX_SIDE, type ArcTask, arcRaster } from "trm/puzzles";
import { z } from "zod";
import { readJsonFile } from "../files";

const gridSchema = z
  .array(z.array(z.int().min(0).max(9)).min(1).max(ARC_MAX_SIDE))
  .min(1)
  .max(ARC_MAX_SIDE)
  .refine((rows) => rows.every((row) => row.length === rows[0].length), "rows must be equally long");

const taskSchema = z.object({
  train: z.array(z.object({ input: gridSchema, output: gridSchema })).min(1),
  test: z.array(z.object({ input: gridSchema, output: gridSchema.optional() })).min(1),
});

/** Tasks by their names, as JSON has them. */
export const tasksSchema = z
  .record(z.string(), taskSchema)
  .refine((tasks) => Object.keys(tasks).length > 0, "it holds no tasks")
  .refine((tasks) => Object.keys(tasks).every((id) => id !== "" && !id.includes("|||")), {
    error: 'the name of a task is empty or contains "|||", which separates the parts of names here',
  });

const solutionsSchema = z.record(z.string(), z.array(gridSchema));

/** Stands for an unknown output. (The official builder takes one black cell, which is an answer like any other.) */
const UNKNOWN_OUTPUT: number[][] = [];

/**
 * Reads a subset of ARC tasks in the layout of the Kaggle files, `PREFIX_SUBSET_challenges.json` and, if it is there,
 * `PREFIX_SUBSET_solutions.json`; or in that of the ARC repositories, a folder `PREFIX/SUBSET` or `PREFIX/data/SUBSET` with a
 * JSON file for each task. Without solutions, the outputs of test pairs have no cells.
 *
 * @throws Error naming the file and the task or field that is wrong.
 * @example no-run
 * const tasks = readArcTasks("kaggle/combined/arc-agi", "training");
 */
export function readArcTasks(prefix: string, subset: string): ArcTask[] {
  const challengesPath = `${prefix}_${subset}_challenges.json`;
  const solutionsPath = `${prefix}_${subset}_solutions.json`;
  const folder = [join(prefix, subset), join(prefix, "data", subset)].find(
    (path) => existsSync(path) && statSync(path).isDirectory(),
  );
  if (!existsSync(challengesPath) && folder !== undefined) return readTaskFiles(folder);
  if (!existsSync(challengesPath)) {
    throw new Error(
      `${challengesPath} does not exist; ARC subsets are named by PREFIX_SUBSET_challenges.json, or are folders PREFIX/SUBSET of task files`,
    );
  }
  const challenges = readJsonFile(challengesPath, tasksSchema);
  const solutions = existsSync(solutionsPath) ? readJsonFile(solutionsPath, solutionsSchema) : null;
  return Object.entries(challenges).map(([id, task]) => {
    const outputs = solutions?.[id];
    if (solutions && outputs?.length !== task.test.length) {
      throw new Error(
        `${solutionsPath}: task ${id} has ${outputs?.length ?? 0} solutions, but ${task.test.length} test inputs`,
      );
    }
    return arcTask(id, task, outputs);
  });
}

/** A folder of the ARC repositories: a file for each task, named by its identifier. */
function readTaskFiles(folder: string): ArcTask[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
  if (files.length === 0) throw new Error(`${folder} holds no tasks: it has no .json file`);
  return files
    .sort()
    .map((file) => arcTask(basename(file, ".json"), readJsonFile(join(folder, file), taskSchema)));
}

/** A task as JSON has it, with the outputs of its test pairs where they stand in another file. */
export function arcTask(
  id: string,
  { train, test }: z.infer<typeof taskSchema>,
  outputs?: readonly number[][][],
): ArcTask {
  return {
    id,
    train: train.map(({ input, output }) => ({ input: arcRaster(input), output: arcRaster(output) })),
    test: test.map(({ input, output }, i) => ({
      input: arcRaster(input),
      output: arcRaster(outputs?.[i] ?? output ?? UNKNOWN_OUTPUT),
    })),
  };
}
