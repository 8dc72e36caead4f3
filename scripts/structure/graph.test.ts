import assert from "node:assert/strict";
import { test } from "node:test";
import { printedGraph } from "./graph";
import { linesOf, packageOf, packages, typescriptFiles } from "./packages";
import { type Reference, referencesOf } from "./references";
import { circlesOf, graphOf, graphText, roomOf, rooms, sourceReferences } from "./rooms";

const sources = packages.flatMap(({ folder }) => typescriptFiles(`${folder}/src`));

/** References that point to a later package, or to a later room. */
const upward = (references: readonly Reference[]): string[] =>
  references
    .filter(({ from, to }) => {
      const [room, other] = [roomOf(from), roomOf(to)];
      return room !== undefined && other !== undefined
        ? rooms.indexOf(other) > rooms.indexOf(room)
        : packages.indexOf(packageOf(to)!) > packages.indexOf(packageOf(from)!);
    })
    .map(({ from, line, to, kind }) => `${from}:${line} (${kind}) ${to}`);

test("no room refers to a later one, not even by a path", () => {
  assert.deepEqual(upward(sourceReferences), []);
});

test("no test of a package refers to a later package", () => {
  const tests = packages.flatMap(({ folder }) => typescriptFiles(`${folder}/test`));
  assert.deepEqual(upward(tests.flatMap(referencesOf)), []);
});

test("no files import each other in a circle", () => {
  const edges = new Map(sources.map((file) => [file, [] as string[]]));
  for (const { from, to, kind } of sourceReferences) if (kind === "import") edges.get(from)!.push(to);
  assert.deepEqual(circlesOf(edges), []);
});

test("no rooms import each other in a circle", () => {
  assert.deepEqual(circlesOf(graphOf(sourceReferences)), []);
});

test("every source file has at most 300 lines, and lib at most 6,000", () => {
  assert.deepEqual(
    sources.filter((file) => linesOf(file) > 300),
    [],
  );
  const lib = sources.filter((file) => file.startsWith("lib/")).reduce((sum, file) => sum + linesOf(file), 0);
  assert.ok(lib <= 6000, `lib/src has ${lib} lines`);
});

test("lib/README.md shows the graph of rooms", () => {
  assert.equal(
    printedGraph().graph,
    graphText(graphOf(sourceReferences)),
    "run: node --import=tsx scripts/structure/graph.ts --write",
  );
});

test("a circle is found, and what only leads to it is no part of it", () => {
  const edges = { a: ["b", "d"], b: ["c"], c: ["a"], d: [], e: ["a"] };
  assert.deepEqual(circlesOf(new Map(Object.entries(edges))), [["a", "b", "c"]]);
});
