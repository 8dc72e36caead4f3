// The pages of text: guides, benchmarks and notebooks.
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { ROOT } from "../setup/paths.mjs";
import { LAB } from "./address.mjs";
import { lessonTimes } from "./lesson-times.mjs";
import { notebookFiles, pageOf } from "./links.mjs";
import { markdownRenderer } from "./markdown.mjs";
import { notebookPage } from "./notebook.mjs";
import { textPage } from "./template.mjs";

/** The page of each document of the project. */
const DOCUMENTS = {
  "notebooks/README.md": "notebooks/index.html",
  "docs/teaching.md": "teaching.html",
  "docs/benchmarks.md": "benchmarks.html",
  "docs/decisions.md": "decisions.html",
  "lib/README.md": "library.html",
  "environment.md": "environment.html",
};

const PICTURE = /\.(png|svg|jpg)$/;

/**
 * All pages of text, and the pictures and notebooks that they link to, by their paths in the site.
 * @param {{ api: boolean, colour: import("./markdown.mjs").Colour }} options
 * @returns {Promise<Map<string, string | Buffer>>}
 */
export async function documents({ api, colour }) {
  const read = (/** @type {string} */ file) => readFileSync(join(ROOT, file), "utf8");
  const pages = new Map([
    ...Object.entries(DOCUMENTS),
    ...notebookFiles().map((name) => /** @type {const} */ ([`notebooks/${name}`, pageOf(name)])),
  ]);
  /** @type {Map<string, string | Buffer>} */
  const files = new Map();
  const markdown = await markdownRenderer(colour, (file) => {
    const picture = PICTURE.test(file) && existsSync(join(ROOT, file));
    if (picture) files.set(file, readFileSync(join(ROOT, file)));
    return picture ? file : pages.get(file);
  });
  const times = lessonTimes(notebookFiles().map((name) => described(name, read(`notebooks/${name}`))));
  for (const [file, page] of Object.entries(DOCUMENTS)) {
    const text = read(file).replace(/<!-- lesson times:.*?-->/s, () => times);
    const { html, headings } = markdown.render(text, file);
    files.set(page, textPage({ page, title: headings[0]?.text ?? file, body: html, headings, api }));
  }
  for (const name of notebookFiles()) {
    const file = `notebooks/${name}`;
    const page = pageOf(name);
    const text = read(file);
    const { html, headings, title } = notebookPage(text, file, markdown, actions(name));
    files.set(page, textPage({ page, title, body: html, headings, scripts: ["figures.js"], api }));
    files.set(file, text);
  }
  return files;
}

/** @param {string} name @param {string} text */
function described(name, text) {
  const notebook = JSON.parse(text);
  const title = String(notebook.cells[0]?.source?.[0] ?? name)
    .replace(/^#\s*/, "")
    .trim();
  return { name, title, notebook };
}

/** What a reader can do with a notebook. @param {string} name */
const actions = (name) =>
  `<p class="actions"><a class="button" href="${LAB}/${name}">Open this in JupyterLab</a> <a class="button plain" href="${basename(name)}" download>Download the notebook</a> <span>The first link needs a running <code>npm run lab</code>.</span></p>`;
