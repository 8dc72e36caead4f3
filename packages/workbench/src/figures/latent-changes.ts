import type { Data } from "plotly.js";
import { type Figure, type Heading, makeFigure, palette } from "./theme";

/** An update of a latent, and by how much it changed it (0 at a fixed point). */
export interface ChangeOfLatent {
  readonly latent: string;
  /** Counted from 1. */
  readonly supervisionStep: number;
  readonly change: number;
}

/**
 * The size of each update of each latent. Thin lines separate the supervision steps.
 * @param changes in the order in which they happened
 */
export function latentChangesFigure(changes: readonly ChangeOfLatent[], heading: Heading): Figure {
  const numbered = changes.map((change, i) => ({ ...change, pass: i + 1 }));
  const latents = [...new Set(changes.map(({ latent }) => latent))];
  const data = latents.map((latent, i): Data => {
    const own = numbered.filter((change) => change.latent === latent);
    return {
      type: "scatter",
      mode: "lines+markers",
      name: latent,
      x: own.map(({ pass }) => pass),
      y: own.map(({ change }) => change),
      line: { color: palette[i % palette.length], width: 1.5 },
      marker: { size: 5 },
      hovertemplate: "%{y:.1%}",
    };
  });
  const ends = numbered.filter(
    ({ supervisionStep }, i) => numbered[i + 1]?.supervisionStep > supervisionStep,
  );
  return makeFigure(heading, data, {
    height: 380,
    hovermode: "closest",
    showlegend: true,
    xaxis: { title: { text: "pass through the network" }, rangemode: "tozero" },
    yaxis: { title: { text: "relative change of the latent" }, tickformat: ".0%", rangemode: "tozero" },
    shapes: ends.map(({ pass }) => ({
      type: "line",
      x0: pass + 0.5,
      x1: pass + 0.5,
      yref: "paper",
      y0: 0,
      y1: 1,
      line: { color: "#C9CED6", width: 1 },
    })),
  });
}
