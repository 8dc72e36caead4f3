import type { Data, Layout } from "plotly.js";
import { mean } from "../text";
import { type Figure, type Heading, makeFigure, palette, withOpacity } from "./theme";

/** One line of a chart, measured once or, for a line with a band, once per seed. */
export interface Curve {
  /** Curves of one name share a colour. */
  readonly name: string;
  /** Dotted for the live weights, solid for their moving average; leave it out when there is only one kind. */
  readonly weights?: "live" | "ema";
  /** Accuracy of whole puzzles or of single cells: each gets its own panel. Whole puzzles if left out. */
  readonly measure?: "solved" | "cells";
  /** True for a curve that came with the project. It is drawn thin and dashed beside the reader's own. */
  readonly published?: boolean;
  /** Values on the x axis, for example optimizer steps. */
  readonly steps: readonly number[];
  /** One row of values per seed, each as long as `steps`; accuracies are fractions from 0 to 1. */
  readonly seeds: readonly (readonly number[])[];
}

/**
 * Joins the curves of runs that differ only in their seed: curve by curve, the seeds' values beside each other. A run that was
 * interrupted cuts the others to its length.
 * @param runs each run's curves, alike in number and order
 */
export function mergeSeeds(runs: readonly (readonly Curve[])[]): Curve[] {
  return runs[0].map((first, i) => {
    const same = runs.map((curves) => curves[i]);
    const length = Math.min(...same.map(({ steps }) => steps.length));
    const seeds = same.flatMap((curve) => curve.seeds.map((values) => values.slice(0, length)));
    return { ...first, steps: first.steps.slice(0, length), seeds };
  });
}

export interface CurvesOptions extends Heading {
  readonly curves: readonly Curve[];
  /** @default "training step" */
  readonly xTitle?: string;
  /** A dashed line across the whole-puzzle panel, for example the paper's number or a random guess (fractions). */
  readonly references?: readonly { readonly name: string; readonly value: number }[];
}

/**
 * Accuracy over steps. Whole puzzles and cells stand in panels of their own above one another; a curve with several seeds
 * is drawn as their mean inside a band from the lowest to the highest seed.
 *
 * @throws RangeError when a curve's values are not as many as its steps.
 * @example
 * accuracyFigure({ title: "Held-out 6x6 Sudoku", curves: [{ name: "TRM", weights: "ema", steps: [100, 200], seeds: [[0.1, 0.6]] }] })
 */
export function accuracyFigure(options: CurvesOptions): Figure {
  const { curves, xTitle = "training step", references = [] } = options;
  const names = [...new Set(curves.map((curve) => curve.name))];
  const measures = (["solved", "cells"] as const).filter((m) =>
    curves.some((c) => (c.measure ?? "solved") === m),
  );
  const kinds = new Set(curves.map((curve) => curve.weights));
  const data = curves.flatMap((curve) => {
    const panel = measures.indexOf(curve.measure ?? "solved");
    const style: CurveStyle = {
      color: palette[names.indexOf(curve.name) % palette.length],
      dash: curve.published ? "dash" : curve.weights === "live" ? "dot" : "solid",
      width: curve.published ? 1.2 : 2.5,
      label: [
        curve.name,
        ...(kinds.size > 1 ? [curve.weights === "live" ? "live" : "EMA"] : []),
        ...(curve.published ? ["published"] : []),
      ].join(", "),
      axes: panelAxes(panel),
      // Each name once in the legend, though it may have a line in both panels.
      inLegend: panel === 0,
    };
    return curveTraces(curve, style, ".1%");
  });
  const last = panelAxes(measures.length - 1).xaxis;
  const layout: Partial<Layout> = {
    height: measures.length > 1 ? 560 : 420,
    hovermode: "x unified",
    // Both panels hang on one x axis, so zooming one zooms the other.
    xaxis: { title: { text: xTitle }, anchor: measures.length > 1 ? "y2" : "y", rangemode: "tozero" },
    yaxis: percentAxis(
      measures[0] === "cells" ? "cells right" : "puzzles solved",
      measures.length > 1 ? [0.53, 1] : [0, 1],
    ),
    ...(measures.length > 1 ? { yaxis2: percentAxis("cells right", [0, 0.44]) } : {}),
    showlegend: names.length > 1 || kinds.size > 1 || curves.some(({ published }) => published),
    shapes: references.map(({ value }) => ({
      type: "line",
      xref: "x domain" as never,
      yref: "y",
      x0: 0,
      x1: 1,
      y0: value,
      y1: value,
      line: { color: "#8A8F98", width: 1.5, dash: "dash" },
    })),
    annotations: references.map(({ name, value }) => ({
      text: name,
      xref: `${last} domain` as never,
      yref: "y",
      x: 0,
      xanchor: "left",
      y: value,
      yanchor: "bottom",
      showarrow: false,
      font: { size: 12, color: "#5B626C" },
    })),
  };
  return makeFigure(options, data, layout);
}

/** A panel's axes: the panels share one x axis and have a y axis each. */
function panelAxes(panel: number): { xaxis: "x"; yaxis: "y" | "y2" } {
  return { xaxis: "x", yaxis: panel === 1 ? "y2" : "y" };
}

function percentAxis(title: string, domain: [number, number]): Partial<Layout["yaxis"]> {
  return { title: { text: title }, tickformat: ".0%", range: [-0.02, 1.03], domain };
}

/** 1, 2 and 5 in every decade that a loss may reach: Plotly's own labels leave out the decade. */
const logTicks = [-6, -5, -4, -3, -2, -1, 0, 1, 2].flatMap((e) => [1, 2, 5].map((m) => Number(`${m}e${e}`)));

export interface LossOptions extends Heading {
  /** `seeds` hold losses here; `weights` and `measure` play no part. */
  readonly curves: readonly Curve[];
  readonly xTitle?: string;
  /** A logarithmic axis shows the late, small losses. @default true */
  readonly log?: boolean;
}

/**
 * Loss over steps: the values of every step pale, their running mean over a thirtieth of the run strong. Of several seeds the
 * mean and the band of their running means.
 * @throws RangeError when a curve's values are not as many as its steps.
 */
export function lossFigure(options: LossOptions): Figure {
  const { curves, xTitle = "training step", log = true } = options;
  const data = curves.flatMap((curve, index) => {
    const color = palette[index % palette.length];
    const style = {
      color,
      dash: "solid" as const,
      width: 2.5,
      label: curve.name,
      axes: panelAxes(0),
      inLegend: curves.length > 1,
    };
    const width = Math.max(1, Math.round(curve.steps.length / 30));
    const smooth = { ...curve, seeds: curve.seeds.map((values) => runningMean(values, width)) };
    if (curve.seeds.length > 1) return curveTraces(smooth, style, ".4f");
    const [values = []] = curve.seeds;
    const raw: Data = {
      type: "scatter",
      mode: "lines",
      x: [...curve.steps],
      y: [...values],
      line: { color: withOpacity(color, 0.25), width: 1 },
      hoverinfo: "skip",
      showlegend: false,
    };
    return [raw, ...curveTraces(smooth, style, ".4f")];
  });
  return makeFigure(options, data, {
    height: 360,
    hovermode: "x unified",
    showlegend: curves.length > 1,
    xaxis: { title: { text: xTitle }, rangemode: "tozero" },
    yaxis: { title: { text: "loss" }, type: log ? "log" : "linear", ...(log ? { tickvals: logTicks } : {}) },
  });
}

/** The style of a curve. */
export interface CurveStyle {
  readonly color: string;
  readonly dash: "solid" | "dot" | "dash";
  /** Of the line, in pixels. */
  readonly width: number;
  readonly label: string;
  readonly axes: { xaxis: "x"; yaxis: "y" | "y2" };
  readonly inLegend: boolean;
}

/**
 * The mean over the seeds and, when there are several, the band that holds them all.
 * @throws RangeError when a curve's values are not as many as its steps
 */
export function curveTraces(curve: Curve, style: CurveStyle, format: string): Data[] {
  const { steps, seeds, name } = curve;
  for (const values of seeds) {
    if (values.length !== steps.length) {
      throw new RangeError(`curve "${name}": ${steps.length} steps but ${values.length} values`);
    }
  }
  const at = (pick: (values: number[]) => number) =>
    steps.map((_, i) => pick(seeds.map((values) => values[i])));
  const line: Data = {
    type: "scatter",
    mode: steps.length < 40 ? "lines+markers" : "lines",
    name: style.label,
    legendgroup: style.label,
    showlegend: style.inLegend,
    x: [...steps],
    y: at(mean),
    line: { color: style.color, width: style.width, dash: style.dash },
    marker: { size: 5 },
    hovertemplate: `%{y:${format}}`,
    ...style.axes,
  };
  if (seeds.length < 2 || curve.published) return [line];
  const band: Data = {
    type: "scatter",
    mode: "lines",
    // There along the highest seed and back along the lowest: one closed area.
    x: [...steps, ...[...steps].reverse()],
    y: [...at((values) => Math.max(...values)), ...at((values) => Math.min(...values)).reverse()],
    fill: "toself",
    fillcolor: withOpacity(style.color, 0.15),
    line: { width: 0 },
    hoverinfo: "skip",
    legendgroup: style.label,
    showlegend: false,
    ...style.axes,
  };
  return [band, line];
}

/** Mean over a window of at most `width` values around each one, shorter at the ends. */
function runningMean(values: readonly number[], width: number): number[] {
  const half = Math.floor(width / 2);
  const sums = [0];
  for (const value of values) sums.push(sums[sums.length - 1] + value);
  return values.map((_, i) => {
    const from = Math.max(0, i - half);
    const to = Math.min(values.length, i + half + 1);
    return (sums[to] - sums[from]) / (to - from);
  });
}
