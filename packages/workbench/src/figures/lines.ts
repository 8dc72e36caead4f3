import { type Curve, curveTraces } from "./curves";
import { type Figure, type Heading, makeFigure, palette } from "./theme";

/** Options of {@link linesFigure}. */
export interface LinesOptions extends Heading {
  /** Values in any unit; `weights` and `measure` play no part. */
  readonly curves: readonly Curve[];
  /** Title of the y axis: the quantity and its unit. */
  readonly yTitle: string;
  /** @default "training step" */
  readonly xTitle?: string;
}

/**
 * Any quantity over steps other than accuracy and loss. A curve with several seeds is their mean in a band.
 * @throws RangeError when a curve's values are not as many as its steps
 */
export function linesFigure({ curves, yTitle, xTitle = "training step", ...heading }: LinesOptions): Figure {
  const data = curves.flatMap((curve, index) => {
    const color = palette[index % palette.length];
    const axes = { xaxis: "x", yaxis: "y" } as const;
    return curveTraces(
      curve,
      { color, dash: "solid", width: 2.5, label: curve.name, axes, inLegend: curves.length > 1 },
      ".3~g",
    );
  });
  return makeFigure(heading, data, {
    height: 360,
    hovermode: "x unified",
    showlegend: curves.length > 1,
    xaxis: { title: { text: xTitle }, rangemode: "tozero" },
    yaxis: { title: { text: yTitle }, rangemode: "tozero" },
  });
}
