import type { Data } from "plotly.js";
import { type Figure, type Heading, makeFigure, palette } from "./theme";

/** Points of one name, joined by a line. */
export interface PointSeries {
  readonly name: string;
  readonly points: readonly {
    readonly x: number;
    /** A share from 0 to 1. */
    readonly y: number;
    /** Written beside the point. */
    readonly text?: string;
  }[];
  /** Series of one group share a colour. @default the name */
  readonly group?: string;
  readonly dashed?: boolean;
}

export interface PointsOptions extends Heading {
  readonly series: readonly PointSeries[];
  readonly xTitle: string;
  readonly yTitle: string;
  /** A logarithmic x axis, for costs. @default false */
  readonly log?: boolean;
  /** Least share on the y axis. @default 0 */
  readonly from?: number;
}

/** Shares against any quantity: accuracy against cost or number of chains, frequency against belief. */
export function pointsFigure(options: PointsOptions): Figure {
  const { series, xTitle, yTitle, log = false, from = 0, ...heading } = options;
  const groups = [...new Set(series.map(({ name, group }) => group ?? name))];
  const data = series.map(({ name, points, group, dashed }): Data => {
    const color = palette[groups.indexOf(group ?? name) % palette.length];
    const isLabelled = points.some(({ text }) => text !== undefined);
    return {
      type: "scatter",
      mode: isLabelled ? "text+lines+markers" : "lines+markers",
      name,
      x: points.map(({ x }) => x),
      y: points.map(({ y }) => y),
      ...(isLabelled && {
        text: points.map(({ text }) => text ?? ""),
        textposition: "top center" as const,
        textfont: { size: 10, color },
      }),
      line: { color, width: 2, dash: dashed ? "dash" : "solid" },
      marker: { size: 7, color },
      hovertemplate: "%{x:.3~g}: %{y:.1%}",
    };
  });
  return makeFigure(heading, data, {
    height: 440,
    hovermode: "closest",
    showlegend: series.length > 1,
    xaxis: { title: { text: xTitle }, ...(log && { type: "log" }) },
    yaxis: {
      title: { text: yTitle },
      tickformat: ".0%",
      range: [from - 0.02 * (1 - from), 1 + 0.03 * (1 - from)],
    },
  });
}
