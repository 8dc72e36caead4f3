import { existsSync } from "node:fs";
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
export const tasksSchema = z.record(z.string(), taskSchema);

const solutionsSchema = z.record(z.string(), z.array(gridSchema));

/** Stands for an unknown output, as in the official builder. */
const UNKNOWN_OUTPUT = [[0]];

/**
 * Reads a subset of ARC tasks in the layout of the Kaggle files: `PREFIX_SUBSET_challenges.json` and, if it
 * is there, `PREFIX_SUBSET_solutions.json`. Without solutions, unknown outputs become one black cell.
 *
 * @throws Error naming the file and the task or field that is wrong.
 * @example no-run
 * const tasks = readArcTasks("kaggle/combined/arc-agi", "training");
 */
export function readArcTasks(prefix: string, subset: string): ArcTask[] {
  const challengesPath = `${prefix}_${subset}_challenges.json`;
  const solutionsPath = `${prefix}_${subset}_solutions.json`;
  if (!existsSync(challengesPath)) {
    throw new Error(
      `${challengesPath} does not exist; ARC subsets are named by PREFIX_SUBSET_challenges.json`,
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
