import type { Data } from "plotly.js";
import { type Figure, type Heading, makeFigure, palette } from "./theme";

/** Shares of cells that were read rightly off one latent after one supervision step. */
export interface ReadLatent {
  /** Counted from 1. */
  readonly supervisionStep: number;
  readonly latent: string;
  /** By the model's own output head. */
  readonly head: number;
  /** By a linear probe. */
  readonly probe: number;
}

export interface ReadabilityOptions extends Heading {
  readonly readings: readonly ReadLatent[];
  /** The share that guessing gets right: a dashed line. */
  readonly guessing: number;
}

const readers = [
  { reader: "head", label: "model's head", dash: "solid", symbol: "circle" },
  { reader: "probe", label: "linear probe", dash: "dot", symbol: "diamond-open" },
] as const;

/** The share of the solution that can be read off each latent, by supervision step: one colour per latent, one dash per reader. */
export function readabilityFigure({ readings, guessing, ...heading }: ReadabilityOptions): Figure {
  const latents = [...new Set(readings.map(({ latent }) => latent))];
  const lines = latents.flatMap((latent, i) => {
    const own = readings.filter((reading) => reading.latent === latent);
    return readers.map(
      ({ reader, label, dash, symbol }): Data => ({
        type: "scatter",
        mode: "lines+markers",
        name: `${latent}, ${label}`,
        x: own.map(({ supervisionStep }) => supervisionStep),
        y: own.map((reading) => reading[reader]),
        line: { color: palette[i % palette.length], width: 2, dash },
        // Where lines overlap, both markers stay visible.
        marker: { symbol, size: reader === "head" ? 6 : 11 },
        hovertemplate: "%{y:.1%}",
      }),
    );
  });
  const last = Math.max(...readings.map(({ supervisionStep }) => supervisionStep));
  const line: Data = {
    type: "scatter",
    mode: "lines",
    name: "guessing",
    x: [1, last],
    y: [guessing, guessing],
    line: { color: "#8A8F98", width: 1.5, dash: "dash" },
    hoverinfo: "skip",
  };
  return makeFigure(heading, [...lines, line], {
    height: 360,
    hovermode: "x unified",
    showlegend: true,
    xaxis: { title: { text: "supervision step" }, dtick: Math.ceil(last / 16) },
    yaxis: { title: { text: "cells right" }, tickformat: ".0%", range: [-0.02, 1.03] },
  });
}
