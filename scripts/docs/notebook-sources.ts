// `node --conditions=source --import=tsx scripts/docs/notebook-sources.ts`: shows the library's present code in the notebooks,
// where `showSource` shows an earlier state of it. Nothing is trained or executed: what a cell measured stays as it is.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sourceBundle } from "../../packages/workbench/src/notebook/source";

const folder = join(__dirname, "../../notebooks");

interface Output {
  readonly output_type: string;
  readonly data?: Readonly<Record<string, string | string[]>>;
}

interface Cell {
  readonly cell_type: string;
  readonly source: string | string[];
  outputs?: Output[];
}

/** The notebooks, by file name. */
export const notebooks = (): string[] => readdirSync(folder).filter((name) => name.endsWith(".ipynb"));

/** The text of a notebook as it is, and with the present code of the library in the outputs of `showSource`. */
export function withPresentSources(name: string): { readonly text: string; readonly refreshed: string } {
  const text = readFileSync(join(folder, name), "utf8");
  const notebook: { cells: Cell[] } = JSON.parse(text);
  const stale = notebook.cells.filter((cell) => cell.cell_type === "code" && refresh(cell));
  return { text, refreshed: stale.length === 0 ? text : `${JSON.stringify(notebook, null, 1)}\n` };
}

/** Puts the present code into a cell's outputs, before all others, where `showSource` is called. @returns false if it was there */
function refresh(cell: Cell): boolean {
  const outputs = cell.outputs ?? [];
  const wanted = shownNames(joined(cell.source)).map(sourceOutput);
  const others = outputs.filter((output) => !isSource(output));
  const fresh = [...wanted, ...others];
  if (JSON.stringify(fresh) === JSON.stringify(outputs)) return false;
  cell.outputs = fresh;
  return true;
}

/** The arguments of all calls of `showSource` in a cell. */
const shownNames = (source: string): string[] =>
  [...source.matchAll(/\bshowSource\(([^)]*)\)/g)].flatMap(([, names]) =>
    [...names.matchAll(/"([^"]+)"/g)].map(([, name]) => name),
  );

const joined = (text: string | string[]): string => (Array.isArray(text) ? text.join("") : text);

const isSource = ({ data }: Output): boolean =>
  /^\*\*[\w./-]+\.ts, line \d+\*\*\n/.test(joined(data?.["text/markdown"] ?? ""));

function sourceOutput(name: string): Output {
  const data = Object.entries(sourceBundle(name)).map(([type, text]) => [type, linesOf(text)]);
  return { data: Object.fromEntries(data), metadata: {}, output_type: "display_data" } as Output;
}

/** Text as notebooks store it: a list of lines, each with its line break. */
const linesOf = (text: string): string[] => text.split(/(?<=\n)/);

if (require.main === module) {
  for (const name of notebooks()) {
    const { text, refreshed } = withPresentSources(name);
    if (refreshed !== text) writeFileSync(join(folder, name), refreshed);
  }
}
