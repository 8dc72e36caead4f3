// Minutes of training of each notebook's runs, read from its stored outputs, so that the guide for teachers never invents one.

/** @typedef {{ cells: { outputs?: { data?: Record<string, string | string[]> }[] }[] }} Notebook */

/**
 * The tables of results: variants, minutes of each of their runs.
 * @param {Notebook} notebook
 * @returns {Map<string, number>} minutes of a run, by variant
 */
export function minutesOfRuns({ cells }) {
  const tables = cells
    .flatMap(({ outputs = [] }) => outputs)
    .map(({ data }) => [data?.["text/html"] ?? ""].flat().join(""))
    .filter((html) => html.includes(">minutes of training<"));
  /** @type {Map<string, number>} */
  const minutes = new Map();
  for (const [i, html] of tables.entries()) {
    const columns = texts(html, "th");
    const at = columns.indexOf("minutes of training");
    for (const [, row = ""] of html.matchAll(/<tr>((?:(?!<\/tr>).)*<td.*?)<\/tr>/gs)) {
      const values = texts(row, "td");
      const value = Number(values[at]);
      // Two tables of one notebook may have variants of the same name, on different puzzles.
      const name = [...minutes.keys()].includes(values[0] ?? "") && minutes.get(values[0] ?? "") !== value;
      if (Number.isFinite(value)) minutes.set(name ? `${values[0]} (${i})` : (values[0] ?? ""), value);
    }
  }
  return minutes;
}

/** @param {string} html @param {string} tag */
const texts = (html, tag) =>
  [...html.matchAll(new RegExp(`<${tag}[^>]*>(.*?)</${tag}>`, "gs"))].map(([, text = ""]) =>
    text.replace(/<[^>]*>/g, "").trim(),
  );

/**
 * The table of times as Markdown: the runs of a notebook, one seed each.
 * @param {readonly { name: string, title: string, notebook: Notebook }[]} notebooks
 */
export function lessonTimes(notebooks) {
  const rows = notebooks.flatMap(({ name, title, notebook }) => {
    const minutes = [...minutesOfRuns(notebook).values()];
    if (minutes.length === 0) return [];
    const [least, most] = [Math.min(...minutes), Math.max(...minutes)].map((value) => value.toFixed(1));
    const sum = minutes.reduce((a, b) => a + b, 0).toFixed(0);
    const each = least === most ? least : `${least} to ${most}`;
    return [`| [${title}](../notebooks/${name}) | ${minutes.length} | ${each} | ${sum} |`];
  });
  return [
    "| notebook | runs | minutes each | minutes of all, one after the other |",
    "|---|---|---|---|",
    ...rows,
  ].join("\n");
}
