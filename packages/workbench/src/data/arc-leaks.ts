import { type ArcTask, DIHEDRAL_COUNT, dihedral, gridHash, type Raster } from "trm/puzzles";

/** A held-out task that is trained on, too, under the same name or another one. */
export interface SharedTask {
  readonly test: string;
  readonly train: string;
}

/**
 * Finds held-out tasks that training sees with their answers: tasks with the same pairs up to colours, turns and mirrorings, and
 * tasks of which a test pair is trained on as it is.
 */
export function sharedTasks(
  subsets: readonly { tasks: readonly ArcTask[]; heldOut: boolean }[],
): SharedTask[] {
  const forms = new Map<string, string>();
  const pairs = new Map<string, string>();
  const pairKey = ({ input, output }: ArcTask["test"][number]) => `${gridHash(input)} ${gridHash(output)}`;
  for (const task of subsets.flatMap(({ tasks, heldOut }) => (heldOut ? [] : tasks))) {
    forms.set(taskForm(task), task.id);
    for (const pair of [...task.train, ...task.test]) pairs.set(pairKey(pair), task.id);
  }
  const shared: SharedTask[] = [];
  for (const task of subsets.flatMap(({ tasks, heldOut }) => (heldOut ? tasks : []))) {
    const other =
      forms.get(taskForm(task)) ?? task.test.map((pair) => pairs.get(pairKey(pair))).find(Boolean);
    if (other !== undefined) shared.push({ test: task.id, train: other });
  }
  return shared;
}

/** Text that tasks share which differ in colours, turns, mirrorings and the order of pairs alone. */
function taskForm({ train, test }: ArcTask): string {
  const pairs = [...train, ...test];
  const forms = Array.from({ length: DIHEDRAL_COUNT }, (_, transform) => {
    const turned = pairs
      .map((pair) => [dihedral(pair.input, transform), dihedral(pair.output, transform)])
      .map((grids) => ({ grids, key: grids.map(outline).join("|") }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    // Colours are numbered in the order in which they appear; black stays.
    const numbers = new Map([[0, 0]]);
    const number = (colour: number) => {
      const known = numbers.get(colour) ?? numbers.size;
      numbers.set(colour, known);
      return known;
    };
    return turned
      .map(({ grids }) =>
        grids.map(({ columns, cells }) => `${columns}:${Array.from(cells, number).join("")}`).join("|"),
      )
      .join(" ");
  });
  return forms.sort()[0];
}

/** What no exchange of colours changes: size, and which cells are black or like the cell before. */
const outline = ({ rows, columns, cells }: Raster): string =>
  `${rows}x${columns}:${Array.from(cells, (colour, i) => (colour === 0 ? 0 : colour === cells[i - 1] ? 1 : 2)).join("")}`;
