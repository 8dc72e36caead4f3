// `node scripts/site/links.mjs`: links the first cell of every notebook to its page of the site, below the title.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../setup/paths.mjs";
import { SITE } from "./address.mjs";

const FOLDER = join(ROOT, "notebooks");

/** The notebooks, by file name, in order. */
export const notebookFiles = () =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith(".ipynb"))
    .sort();

/** @param {string} name a notebook's file name */
export const pageOf = (name) => `notebooks/${name.replace(/\.ipynb$/, ".html")}`;

/** The line below a notebook's title. @param {string} name */
export const pageLink = (name) =>
  `*[This notebook as a web page](${SITE}/${pageOf(name)}), with live figures; \`npm run playground\` serves it.*`;

const LINK = /^\*\[This notebook as a web page\]\(.*\*$/;

/**
 * The text of a notebook with the present link in its first cell. Only these lines change: the rest of the file keeps its bytes.
 * @param {string} name
 * @param {string} text
 * @throws {Error} where the first cell does not begin with a title
 */
export function withLink(name, text) {
  const cell = /"source": \[\n(?<lines>(?:\s+".*",?\n)+)/.exec(text);
  /** @type {string[]} */
  const lines = cell?.groups ? JSON.parse(`[${cell.groups.lines}]`) : [];
  if (!cell?.groups || !lines[0]?.startsWith("# "))
    throw new Error(`notebooks/${name}: the first cell should begin with a title, "# …"`);
  const [title = "", ...rest] = lines;
  while (rest[0] === "\n" || LINK.test(rest[0]?.trimEnd() ?? "")) rest.shift();
  const linked = [`${title.trimEnd()}\n`, "\n", `${pageLink(name)}${rest.length > 0 ? "\n" : ""}`];
  if (rest.length > 0) linked.push("\n", ...rest);
  const indent = /^\s+/.exec(cell.groups.lines)?.[0] ?? "";
  const written = linked.map((line) => `${indent}${JSON.stringify(line)}`).join(",\n");
  return text.replace(cell.groups.lines, () => `${written}\n`);
}

if (process.argv[1] === import.meta.filename) {
  for (const name of notebookFiles()) {
    const file = join(FOLDER, name);
    const text = readFileSync(file, "utf8");
    const linked = withLink(name, text);
    if (linked !== text) writeFileSync(file, linked);
  }
}
