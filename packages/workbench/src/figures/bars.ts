import type { Data } from "plotly.js";
import { colors, type Figure, type Heading, makeFigure, percent } from "./theme";

/** One variant of an experiment: our accuracy and the paper's, as fractions from 0 to 1. */
export interface ComparisonRow {
  readonly variant: string;
  /** One value per seed. */
  readonly ours: readonly number[];
  /** Left out where the paper gives no number. */
  readonly paper?: number;
}

export interface ComparisonOptions extends Heading {
  readonly rows: readonly ComparisonRow[];
  /** Legend of our bars, for example "ours, 6x6 Sudoku". @default "ours" */
  readonly oursName?: string;
  /** @default "paper, Sudoku-Extreme" */
  readonly paperName?: string;
}

/** Our accuracy beside the paper's, a pair of bars for each variant; the whisker spans the lowest to the highest seed. */
export function comparisonFigure(options: ComparisonOptions): Figure {
  const { rows, oursName = "ours", paperName = "paper, Sudoku-Extreme" } = options;
  const ours = rows.map((row) =>
    row.ours.length > 0 ? row.ours.reduce((a, b) => a + b, 0) / row.ours.length : null,
  );
  const paper = rows.map((row) => row.paper ?? null);
  const highest = rows.map((row) => (row.ours.length > 0 ? Math.max(...row.ours) : null));
  const data: Data[] = [
    pairOfBars(oursName, colors.blue, ours, -1),
    pairOfBars(paperName, "#C3C8CF", paper, 1),
    whiskers(rows.map((row) => row.ours)),
    // Numbers stand right of the whisker, which a bar's own text would lie under.
    numbers(ours, highest, -1),
    numbers(paper, paper, 1),
  ];
  return makeFigure(options, data, {
    height: 160 + 52 * rows.length,
    barmode: "overlay",
    xaxis: {
      tickformat: ".0%",
      range: [0, 1.1],
      tickvals: [0, 0.2, 0.4, 0.6, 0.8, 1],
      title: { text: "puzzles solved" },
    },
    yaxis: {
      tickvals: rows.map((_, i) => i),
      ticktext: rows.map((row) => row.variant),
      range: [rows.length - 0.5, -0.5],
      showgrid: false,
      ticks: "",
    },
    legend: { orientation: "h", x: 0, y: 0.02, yref: "container", yanchor: "bottom" } as never,
    margin: { b: 92 },
    showlegend: true,
  });
}

const barWidth = 0.36;

/** Our bars lie above each variant's tick (`side` -1: the axis runs downwards), the paper's below. */
function pairOfBars(name: string, color: string, values: (number | null)[], side: -1 | 1): Partial<Data> {
  return {
    type: "bar",
    orientation: "h",
    name,
    x: values,
    y: values.map((_, i) => i + (side * barWidth) / 2),
    width: barWidth * 0.94,
    marker: { color },
    hovertemplate: `%{x:.1%}<extra>${name}</extra>`,
  };
}

/** From the lowest to the highest seed, where there are several. */
function whiskers(seeds: readonly (readonly number[])[]): Data {
  const lines = seeds.map((values) =>
    values.length > 1 ? [Math.min(...values), Math.max(...values), null] : [],
  );
  return {
    type: "scatter",
    mode: "lines+markers",
    x: lines.flat(),
    y: lines.flatMap((line, i) => line.map(() => i - barWidth / 2)),
    line: { color: colors.black, width: 1.5 },
    marker: { symbol: "line-ns-open", size: 8, color: colors.black, line: { width: 1.5 } },
    hoverinfo: "skip",
    showlegend: false,
  };
}

function numbers(values: (number | null)[], places: (number | null)[], side: -1 | 1): Data {
  return {
    type: "scatter",
    mode: "text",
    x: places,
    y: places.map((_, i) => i + (side * barWidth) / 2),
    text: values.map((value) => (value === null ? "" : ` ${percent(value)}`)),
    textposition: "middle right",
    textfont: { size: 13 },
    cliponaxis: false,
    hoverinfo: "skip",
    showlegend: false,
  };
}
