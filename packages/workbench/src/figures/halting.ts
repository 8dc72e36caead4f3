import { type Figure, type Heading, makeFigure, palette } from "./theme";

/** Numbers of sequences that stopped after 1, 2, 3, … supervision steps. `counts[0]` stopped after the first. */
export interface HaltingCounts {
  readonly name: string;
  readonly counts: readonly number[];
}

/** The share of sequences that used each number of supervision steps; the mean of each series is in the legend. */
export function haltingFigure(options: Heading & { readonly series: readonly HaltingCounts[] }): Figure {
  const { series } = options;
  const longest = Math.max(1, ...series.map(({ counts }) => counts.length));
  const data = series.map(({ name, counts }, index) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    const mean = counts.reduce((sum, count, i) => sum + count * (i + 1), 0) / total;
    return {
      type: "bar" as const,
      name: total > 0 ? `${name}: ${mean.toFixed(1)} steps on average` : `${name}: no sequences`,
      x: counts.map((_, i) => i + 1),
      y: counts.map((count) => (total > 0 ? count / total : 0)),
      marker: { color: palette[index % palette.length] },
      hovertemplate: "%{x} steps: %{y:.1%}<extra></extra>",
    };
  });
  return makeFigure(options, data, {
    height: 400,
    barmode: "group",
    bargap: 0.15,
    showlegend: true,
    // Below: the bars may reach the top anywhere.
    legend: { orientation: "h", x: 0, y: -0.3, yanchor: "top" },
    xaxis: { title: { text: "supervision steps used" }, dtick: longest > 20 ? 5 : 1, showgrid: false },
    yaxis: { title: { text: "share of sequences" }, tickformat: ".0%", rangemode: "tozero" },
  });
}
