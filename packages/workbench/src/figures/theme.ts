import type { Data, Frame, Layout, Template } from "plotly.js";

/** A Plotly figure: plain JSON, ready for `Plotly.newPlot(element, data, layout)` or any Plotly viewer. */
export interface Figure {
  readonly data: Data[];
  readonly layout: Partial<Layout>;
  /** States of a figure with a slider or a play button. */
  readonly frames?: readonly Partial<Frame>[];
}

/** Okabe and Ito's colours, told apart by every kind of colour vision (their yellow is left out: it fades on white). */
export const colors = {
  blue: "#0072B2",
  vermillion: "#D55E00",
  green: "#009E73",
  purple: "#B5638F",
  orange: "#E69F00",
  sky: "#56B4E9",
  black: "#222222",
  grey: "#8A8F98",
} as const;

/** The order in which named series take their colours. */
export const palette: readonly string[] = [
  colors.blue,
  colors.vermillion,
  colors.green,
  colors.purple,
  colors.orange,
  colors.sky,
  colors.black,
  colors.grey,
];

/** Light for "no", dark for "yes": single-hue scales stay readable in grey and for every kind of colour vision. */
export const sequential: [number, string][] = [
  [0, "#F3F7FB"],
  [0.25, "#C9DFF0"],
  [0.5, "#86BBDD"],
  [0.75, "#3C8CC0"],
  [1, "#0B4F85"],
];

const ink = "#2B2F36";
const softInk = "#5B626C";

const axis = {
  gridcolor: "#E7EAEE",
  zeroline: false,
  linecolor: "#AEB4BC",
  showline: true,
  ticks: "outside" as const,
  tickcolor: "#AEB4BC",
  ticklen: 4,
  automargin: true,
  // Pixels between the title and the numbers of an axis.
  title: { standoff: 10 },
};

/** The style of all figures. It is a template, not a layout, because a template reaches every axis, subplots included. */
const template: Template = {
  layout: {
    // Open Sans is the font of the bundled browser; the others look alike where it is missing.
    font: { family: '"Open Sans", "Segoe UI", "Helvetica Neue", Arial, sans-serif', size: 14, color: ink },
    title: {
      x: 0,
      xref: "paper",
      xanchor: "left",
      // Hung from the top edge: the subtitle follows below, whatever the margin.
      y: 1,
      yref: "container",
      yanchor: "top",
      pad: { t: 16 },
      font: { size: 17 },
      subtitle: { font: { size: 13, color: softInk } },
    },
    colorway: [...palette],
    paper_bgcolor: "#FFFFFF",
    plot_bgcolor: "#FFFFFF",
    xaxis: axis,
    yaxis: axis,
    margin: { l: 64, r: 24, b: 56 },
    hoverlabel: { font: { size: 13 } },
    legend: { orientation: "v", bgcolor: "rgba(255,255,255,0.8)", font: { size: 13 } },
  },
};

/** The title of a figure and the line under it that says how to read it. */
export interface Heading {
  readonly title: string;
  readonly subtitle?: string;
}

/** A figure in the shared theme, 760 x 420 pixels unless the layout says otherwise. */
export function makeFigure(heading: Heading, data: Data[], layout: Partial<Layout>): Figure {
  return {
    data,
    layout: {
      width: 760,
      height: 420,
      ...layout,
      margin: { t: headingHeight(heading), ...layout.margin },
      template,
      title: {
        text: heading.title,
        ...(heading.subtitle ? { subtitle: { text: heading.subtitle } } : {}),
        ...layout.title,
      },
    },
  };
}

/** Pixels above the drawing that a heading takes. */
export function headingHeight(heading: Heading): number {
  return heading.subtitle ? 76 : 54;
}

/** `#0072B2` with an opacity, for bands and shades. */
export function withOpacity(hex: string, opacity: number): string {
  const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return `rgba(${r},${g},${b},${opacity})`;
}

/** A fraction as the paper writes it: `0.874` becomes `87.4`. */
export function percent(fraction: number, digits = 1): string {
  return (100 * fraction).toFixed(digits);
}
