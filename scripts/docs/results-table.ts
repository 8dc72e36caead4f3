/**
 * The table of results in README.md, computed from the published runs:
 * `node --conditions=source --import=tsx scripts/docs/results-table.ts --write` after publishing runs.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Experiment, experiments, experimentVerdict, sideBySide } from "trm-workbench/experiments";
import { mean } from "trm-workbench/text";

const root = join(__dirname, "../..");
const readme = join(root, "README.md");
const marker =
  "<!-- Written by `node --conditions=source --import=tsx scripts/docs/results-table.ts --write`. -->\n\n";

/** The notebook that shows an experiment, the first that names its entry of the catalogue; undefined where none does. */
function notebookOf(key: string): string | undefined {
  const folder = join(root, "notebooks");
  return readdirSync(folder).find(
    (name) =>
      name.endsWith(".ipynb") && readFileSync(join(folder, name), "utf8").includes(`experiments.${key}`),
  );
}

/** Rows of one experiment: one for each task of which runs are published. */
function rowsOf(experiment: Experiment, key: string): string[][] {
  if (experiment.variants.length < 2) return [];
  return sideBySide(experiment).flatMap(({ task, rows: all }) => {
    const rows = all.filter(({ accuracies }) => accuracies.length > 0);
    if (rows.length < 2) return [];
    const withPaper = rows.filter(({ paper }) => paper !== undefined);
    const shown = withPaper.length > 1 ? withPaper : rows;
    const seeds = shown.map(({ accuracies }) => accuracies.length);
    const [least, most] = [Math.min(...seeds), Math.max(...seeds)];
    const notebook = notebookOf(key);
    return [
      [
        notebook ? `[${experiment.title}](notebooks/${notebook})` : experiment.title,
        `${task}, ${least < most ? `${least} to ` : ""}${most} ${most === 1 ? "seed" : "seeds"}`,
        shown.map(({ variant }) => variant).join(" / "),
        shown.map(({ accuracies }) => (100 * mean(accuracies)).toFixed(1)).join(" / "),
        withPaper.map(({ paper = 0 }) => (100 * paper).toFixed(1)).join(" / ") || "no number",
        experimentVerdict(shown),
      ],
    ];
  });
}

/** The table as README.md should have it. */
export function resultsOfExperiments(): string {
  const head = ["experiment", "task", "variants", "ours %", "paper %", "verdict"];
  const rows = Object.entries(experiments).flatMap(([key, experiment]) => rowsOf(experiment, key));
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The table that README.md has, and the text around it. */
export function printedResults(): { head: string; table: string; tail: string } {
  const text = readFileSync(readme, "utf8");
  const start = text.indexOf(marker) + marker.length;
  const end = text.indexOf("\n\n", start);
  if (start < marker.length || end < 0) throw new Error(`README.md: no table of results behind ${marker}`);
  return { head: text.slice(0, start), table: text.slice(start, end), tail: text.slice(end) };
}

if (require.main === module) {
  const table = resultsOfExperiments();
  if (process.argv.includes("--write")) {
    const { head, tail } = printedResults();
    writeFileSync(readme, head + table + tail);
  } else console.log(table);
}
