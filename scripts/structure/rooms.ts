import { packageOf, packages, typescriptFiles } from "./packages";
import { type Reference, referencesOf } from "./references";

/**
 * The rooms, each before those that may import it. A room is a folder that its package exports, in the order of `exports` in
 * package.json; what is left of a package is its last room.
 */
export const rooms: readonly string[] = packages.flatMap(({ name, entries }) => [
  ...[...entries.keys()].filter((entry) => entry !== name),
  ...(entries.size === 0 || entries.has(name) ? [name] : []),
]);

/** The room of a file or folder, named as it is imported; undefined outside of `src`. */
export function roomOf(path: string): string | undefined {
  const owner = packageOf(path);
  if (owner === undefined) return undefined;
  const [place, room] = path.slice(owner.folder.length + 1).split("/");
  if ((place !== "src" && place !== "dist") || room === undefined) return undefined;
  const named = `${owner.name}/${room.replace(/\.\w+$/, "")}`;
  return rooms.includes(named) ? named : owner.name;
}

/** Every reference in the sources of all packages. */
export const sourceReferences: readonly Reference[] = packages
  .flatMap(({ folder }) => typescriptFiles(`${folder}/src`))
  .flatMap(referencesOf);

/** The rooms that each room imports, all in their order. */
export function graphOf(references: readonly Reference[]): Map<string, string[]> {
  const imported = (room: string): Set<string | undefined> =>
    new Set(references.filter(({ from }) => roomOf(from) === room).map(({ to }) => roomOf(to)));
  return new Map(
    rooms.map((room) => {
      const found = imported(room);
      return [room, rooms.filter((other) => other !== room && found.has(other))];
    }),
  );
}

/** The groups of nodes that import each other in a circle (Tarjan, "Depth-first search and linear graph algorithms", 1972). */
export function circlesOf(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (node: string): number => {
    index.set(node, index.size);
    low.set(node, index.size - 1);
    stack.push(node);
    for (const next of edges.get(node) ?? []) {
      const reached = index.has(next) ? (stack.includes(next) ? index.get(next)! : Infinity) : visit(next);
      low.set(node, Math.min(low.get(node)!, reached));
    }
    if (low.get(node) === index.get(node)) {
      const group = stack.splice(stack.indexOf(node));
      if (group.length > 1 || edges.get(node)?.includes(node)) circles.push(group.sort());
    }
    return low.get(node)!;
  };
  for (const node of edges.keys()) if (!index.has(node)) visit(node);
  return circles;
}

/** One line a room, as printed in lib/README.md. */
export function graphText(graph: ReadonlyMap<string, readonly string[]>): string {
  return [...graph].map(([room, imported]) => `${room} -> ${imported.join(", ") || "nothing"}`).join("\n");
}
