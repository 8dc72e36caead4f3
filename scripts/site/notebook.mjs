// A notebook with its stored outputs as HTML. Figures are drawn in the page by Plotly, which is part of the site.
import { escapeHtml } from "./markdown.mjs";

/** @typedef {{ output_type: string, name?: string, text?: string | string[], ename?: string, evalue?: string, data?: Record<string, any> }} Output */
/** @typedef {{ cell_type: string, source: string | string[], outputs?: Output[] }} Cell */
/** @typedef {Awaited<ReturnType<typeof import("./markdown.mjs").markdownRenderer>>} Markdown */

const joined = (/** @type {string | string[] | undefined} */ text) => [text ?? ""].flat().join("");

/**
 * @param {string} text of the notebook file
 * @param {string} file its path in the project
 * @param {Markdown} markdown
 * @param {string} actions HTML of the links that replace the link to this very page
 */
export function notebookPage(text, file, markdown, actions) {
  /** @type {{ cells: Cell[] }} */
  const { cells } = JSON.parse(text);
  /** @type {import("./markdown.mjs").Rendered["headings"]} */
  const headings = [];
  const parts = cells.map(({ cell_type, source, outputs = [] }, i) => {
    if (cell_type !== "markdown") return codeCell(joined(source), outputs, file, markdown);
    const words = joined(source).replace(/^\*\[This notebook as a web page\].*\n?/m, "");
    const rendered = markdown.render(words, file);
    headings.push(...rendered.headings);
    return i === 0 ? rendered.html.replace("</h1>", () => `</h1>${actions}`) : rendered.html;
  });
  return { html: parts.join("\n"), headings, title: headings[0]?.text ?? file };
}

/** @param {string} source @param {Output[]} outputs @param {string} file @param {Markdown} markdown */
function codeCell(source, outputs, file, markdown) {
  const code = `<pre class="code cell" tabindex="0"><code>${markdown.code(source, "ts")}</code></pre>`;
  return `${code}\n${outputs.map((output) => outputHtml(output, file, markdown)).join("\n")}`;
}

/** @param {Output} output @param {string} file @param {Markdown} markdown */
function outputHtml({ output_type, text, data = {}, ename, evalue }, file, markdown) {
  if (output_type === "stream") return plain(joined(text));
  if (output_type === "error") return plain(`${ename}: ${evalue}`);
  const figure = data["application/vnd.plotly.v1+json"];
  if (figure) return plotly(figure);
  if (data["text/html"]) return `<div class="output wide">${joined(data["text/html"])}</div>`;
  if (data["text/markdown"]) return shown(joined(data["text/markdown"]), file, markdown);
  if (data["image/png"])
    return `<img class="output" alt="" src="data:image/png;base64,${joined(data["image/png"]).trim()}">`;
  return plain(joined(data["text/plain"]));
}

// Terminal colours mean nothing in a page.
const plain = (/** @type {string} */ text) =>
  text.trim() === ""
    ? ""
    : // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
      `<pre class="output" tabindex="0">${escapeHtml(text.replace(/\u001b\[[0-9;]*m/g, ""))}</pre>`;

/** Code of the library opens on demand: it is long. @param {string} text @param {string} file @param {Markdown} markdown */
function shown(text, file, markdown) {
  const source = /^\*\*([\w./-]+, line \d+)\*\*\n(.*)$/s.exec(text);
  if (!source) return `<div class="output">${markdown.render(text, file).html}</div>`;
  const { html } = markdown.render(source[2] ?? "", file);
  return `<details class="output source"><summary>${source[1]}</summary>${html}</details>`;
}

/** @param {{ data: unknown, layout: { width?: number, height?: number, title?: { text?: string } } }} figure */
function plotly(figure) {
  const { width = 760, height = 420, title } = figure.layout;
  const json = JSON.stringify({ data: figure.data, layout: figure.layout }).replaceAll("<", "\\u003c");
  const label = escapeHtml((title?.text ?? "figure").replace(/<[^>]*>/g, ""));
  return `<div class="output plot" tabindex="0" role="img" aria-label="${label}"><div style="width:${width}px;height:${height}px"><script type="application/json">${json}</script></div></div>`;
}
