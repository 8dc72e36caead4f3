import { type Figure, type Heading, makeFigure, percent, sequential } from "./theme";

export interface HeatmapOptions extends Heading {
  readonly columns: { readonly title: string; readonly values: readonly (number | string)[] };
  readonly rows: { readonly title: string; readonly values: readonly (number | string)[] };
  /** `cells[row][column]`, fractions from 0 to 1; null where nothing was measured. */
  readonly cells: readonly (readonly (number | null)[])[];
  /** Title of the colour scale: the quantity of the cells. @default "solved" */
  readonly measure?: string;
  /** A second, smaller line in each cell, for example the paper's number. */
  readonly notes?: readonly (readonly (string | null)[])[];
}

/**
 * A table of accuracies as colours, with the number in each cell: accuracy over recursion depth (n, T), for one.
 * @throws RangeError when `cells` is not rows x columns.
 */
export function heatmapFigure(options: HeatmapOptions): Figure {
  const { columns, rows, cells, notes, measure = "solved" } = options;
  if (cells.length !== rows.values.length || cells.some((row) => row.length !== columns.values.length)) {
    throw new RangeError(`cells must have ${rows.values.length} rows of ${columns.values.length} columns`);
  }
  const text = cells.map((row, r) =>
    row.map((value, c) => {
      const note = notes?.[r]?.[c];
      const number = value === null ? "–" : percent(value);
      return note ? `${number}<br><span style="font-size:0.72em">${note}</span>` : number;
    }),
  );
  return makeFigure(
    options,
    [
      {
        type: "heatmap",
        // Names rather than numbers, or Plotly would leave a gap between 4 and 6.
        x: columns.values.map(String),
        y: rows.values.map(String),
        z: cells.map((row) => [...row]),
        text: text as never,
        texttemplate: "%{text}",
        textfont: { size: 16 } as never,
        colorscale: sequential,
        zmin: 0,
        zmax: 1,
        xgap: 3,
        ygap: 3,
        colorbar: {
          tickformat: ".0%",
          thickness: 12,
          outlinewidth: 0,
          title: { text: measure, side: "top" } as never,
        },
        hovertemplate: `${rows.title} %{y}, ${columns.title} %{x}: %{z:.1%}<extra></extra>`,
      },
    ],
    {
      width: 220 + 92 * columns.values.length,
      height: 170 + 66 * rows.values.length,
      xaxis: {
        type: "category",
        title: { text: columns.title },
        showgrid: false,
        showline: false,
        ticks: "",
      },
      yaxis: {
        type: "category",
        title: { text: rows.title, standoff: 12 }, // clear of long row names
        showgrid: false,
        showline: false,
        ticks: "",
        autorange: "reversed",
      },
    },
  );
}
