import { type ArcDatasetOptions, type ArcDatasets, arcDatasets } from "trm/batches";
import type { ArcTask } from "trm/puzzles";
import { type SharedTask, sharedTasks } from "./arc-leaks";
import { readArcTasks } from "./arc-tasks";

/** Tasks that are read already, by subset. */
export type ArcTasks = Readonly<Record<string, readonly ArcTask[]>>;

/**
 * Makes the datasets of the named subsets; see {@link readArcTasks} and {@link arcDatasets}.
 *
 * @param source the files' prefix, or tasks, as {@link readArckit} has them
 * @returns the datasets, and the held-out tasks that are trained on, too
 * @throws RangeError naming the subset that is not there
 * @example no-run
 * const arc = readArcDatasets("kaggle/combined/arc-agi", ["training", "evaluation"], ["evaluation"], { seed: 42 });
 * writeDatasetFolder("data/arc1-aug-1000", arc);
 */
export function readArcDatasets(
  source: string | ArcTasks,
  subsets: readonly string[],
  heldOut: readonly string[],
  options: ArcDatasetOptions,
): ArcDatasets & { readonly shared: readonly SharedTask[] } {
  const unknown = heldOut.find((name) => !subsets.includes(name));
  if (unknown)
    throw new RangeError(`held-out subset "${unknown}" is not one of the subsets: ${subsets.join(", ")}`);
  const tasksOf = (name: string) => {
    if (typeof source === "string") return readArcTasks(source, name);
    if (!Object.hasOwn(source, name))
      throw new RangeError(`there is no subset "${name}"; there are ${Object.keys(source).join(", ")}`);
    return source[name];
  };
  const read = subsets.map((name) => ({
    tasks: tasksOf(name),
    heldOut: heldOut.includes(name),
  }));
  return { ...arcDatasets(read, options), shared: sharedTasks(read) };
}
