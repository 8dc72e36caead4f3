// `node --import=tsx scripts/structure/graph.ts [--write]`: prints the graph of rooms, or writes it into lib/README.md.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./packages";
import { graphOf, graphText, sourceReferences } from "./rooms";

const readme = join(root, "lib", "README.md");
const before = "<!-- Written by `node --import=tsx scripts/structure/graph.ts --write`. -->\n\n```text\n";
const after = "\n```\n";

/** The graph that lib/README.md shows, and the text around it. */
export function printedGraph(): { head: string; graph: string; tail: string } {
  const text = readFileSync(readme, "utf8");
  const start = text.indexOf(before) + before.length;
  const end = text.indexOf(after, start);
  if (start < before.length || end < 0)
    throw new Error(`lib/README.md: missing graph of rooms; it begins with:\n${before}`);
  return { head: text.slice(0, start), graph: text.slice(start, end), tail: text.slice(end) };
}

if (require.main === module) {
  const graph = graphText(graphOf(sourceReferences));
  if (process.argv.includes("--write")) {
    const { head, tail } = printedGraph();
    writeFileSync(readme, head + graph + tail);
  } else console.log(graph);
}
