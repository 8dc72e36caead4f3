import type { Data } from "plotly.js";
import { type Figure, type Heading, makeFigure, palette } from "./theme";

/** The way of one puzzle's latent, projected onto a plane. */
export interface Trajectory {
  readonly points: readonly (readonly [number, number])[];
}

/** Trajectories in panels beside each other, such as those of solved puzzles and of failures. */
export interface TrajectoriesOptions extends Heading {
  readonly panels: readonly { readonly title: string; readonly paths: readonly Trajectory[] }[];
}

/**
 * Paths in two dimensions, all panels with the same scale. A ring is the first state of a path, a disc the last.
 * @throws RangeError when no panel has a path
 */
export function trajectoriesFigure({ panels, ...heading }: TrajectoriesOptions): Figure {
  const all = panels.flatMap(({ paths }) => paths.flatMap(({ points }) => points));
  if (all.length === 0) throw new RangeError("there are no trajectories to draw");
  const reach = 1.05 * Math.max(...all.flat().map(Math.abs));
  const width = 1 / panels.length;
  const data = panels.flatMap(({ paths }, panel) =>
    paths.map(({ points }, i): Data => {
      const last = points.length - 1;
      return {
        type: "scatter",
        mode: "lines+markers",
        x: points.map(([x]) => x),
        y: points.map(([, y]) => y),
        text: points.map((_, step) => `step ${step + 1}`),
        hovertemplate: "%{text}<extra></extra>",
        line: { color: palette[i % palette.length], width: 1.2 },
        marker: {
          size: points.map((_, step) => (step === 0 || step === last ? 8 : 3)),
          symbol: points.map((_, step) => (step === 0 ? "circle-open" : "circle")),
          color: palette[i % palette.length],
        },
        showlegend: false,
        xaxis: panel === 0 ? "x" : (`x${panel + 1}` as "x2"),
        yaxis: panel === 0 ? "y" : (`y${panel + 1}` as "y2"),
      };
    }),
  );
  const axes = panels.flatMap(({ title }, panel) => {
    const suffix = panel === 0 ? "" : String(panel + 1);
    const domain = [panel * width + 0.02, (panel + 1) * width - 0.02];
    return [
      [`xaxis${suffix}`, { domain, range: [-reach, reach], title: { text: title }, anchor: `y${suffix}` }],
      [`yaxis${suffix}`, { range: [-reach, reach], anchor: `x${suffix}`, showticklabels: panel === 0 }],
    ];
  });
  return makeFigure(heading, data, { height: 420, hovermode: "closest", ...Object.fromEntries(axes) });
}
