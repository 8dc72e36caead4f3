/**
 * Draws `docs/speed.png` from the first table of `docs/benchmarks.md`: run `node --conditions=source --import=tsx
 * scripts/docs/speed-chart.ts` after a change of that table.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { closeRenderer, colors, makeFigure, palette, renderPng } from "trm-workbench/figures";

/** A row of the table: the name of the step, and our time as a share of PyTorch's in each column. */
interface SpeedRow {
  readonly name: string;
  readonly ratios: readonly number[];
}

/** The table behind the marker `<!-- speed-chart -->`. */
function speedTable(markdown: string): { columns: string[]; rows: SpeedRow[] } {
  const [head, , ...body] = markdown.split("<!-- speed-chart -->\n")[1].split("\n\n")[0].split("\n");
  const cells = (line: string) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  const rows = body.map((line) => {
    const [name, ...values] = cells(line);
    return { name, ratios: values.map((value) => Number(/\*\*([\d.]+)\*\*/.exec(value)?.[1])) };
  });
  return { columns: cells(head).slice(1), rows };
}

const docs = join(__dirname, "../../docs");
const { columns, rows } = speedTable(readFileSync(join(docs, "benchmarks.md"), "utf8"));
const training = columns
  .map((name, column) => ({ name, column }))
  .filter(({ name }) => name.startsWith("train"));
const barWidth = 0.36;

const figure = makeFigure(
  {
    title: "A training step: our time as a share of compiled PyTorch's",
    subtitle: "2 cores, AMD EPYC with AVX-512, 2026-11-24; shorter is faster",
  },
  training.map(({ name, column }, series) => ({
    type: "bar",
    orientation: "h",
    name: name.replace("train, ", ""),
    x: rows.map(({ ratios }) => ratios[column]),
    y: rows.map((_, row) => row + (series - 0.5) * barWidth),
    width: barWidth * 0.94,
    marker: { color: palette[series] },
    text: rows.map(({ ratios }) => ratios[column].toFixed(2)),
    textposition: "outside",
  })),
  {
    height: 150 + 38 * rows.length,
    xaxis: { range: [0, 1.08], tickformat: ".1f", title: { text: "ours / PyTorch" } },
    yaxis: {
      tickvals: rows.map((_, row) => row),
      ticktext: rows.map(({ name }) => name),
      range: [rows.length - 0.5, -0.5],
      showgrid: false,
      ticks: "",
    },
    shapes: [
      { type: "line", x0: 1, x1: 1, yref: "paper", y0: 0, y1: 1, line: { color: colors.black, dash: "dot" } },
    ],
    legend: { orientation: "h", x: 0, y: 0.02, yref: "container", yanchor: "bottom" } as never,
    margin: { b: 92 },
    showlegend: true,
  },
);

renderPng(figure, { scale: 2 })
  .then((png) => writeFileSync(join(docs, "speed.png"), png))
  .finally(closeRenderer);
