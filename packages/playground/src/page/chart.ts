import { drawing } from "./dom";

/** A line of a chart: its points in order of x. */
export interface Line {
  readonly name: string;
  /** Class of its colour and dashes in the style sheet. */
  readonly style: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface ChartOptions {
  readonly xTitle: string;
  /** Greatest value of y; without it the greatest of the points. */
  readonly most?: number;
  readonly format: (y: number) => string;
}

const HEIGHT = 200;
const MARGIN = { left: 44, right: 12, top: 10, bottom: 34 };

/** Draws lines into a host that it owns; the drawing is as wide as its host. */
export function createChart(
  host: HTMLElement,
  { xTitle, most, format }: ChartOptions,
): (lines: readonly Line[]) => void {
  return (lines) => {
    // As wide as its host, so that letters keep their size; a hidden host has no width.
    const width = host.clientWidth || 560;
    const points = lines.flatMap(({ points }) => points);
    const right = Math.max(10, ...points.map(([x]) => x));
    const top = most ?? Math.max(1e-6, ...points.map(([, y]) => y)) * 1.05;
    const x = (value: number): number => MARGIN.left + (value / right) * (width - MARGIN.left - MARGIN.right);
    const y = (value: number): number =>
      HEIGHT - MARGIN.bottom - (value / top) * (HEIGHT - MARGIN.top - MARGIN.bottom);
    const summary = lines
      .map(({ name, points }) => `${name} ${points.length > 0 ? format(points.at(-1)![1]) : "none yet"}`)
      .join(", ");
    const root = drawing("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": summary });
    for (const share of [0, 0.5, 1]) {
      const value = share * top;
      root.append(
        drawing("line", { x1: x(0), x2: width - MARGIN.right, y1: y(value), y2: y(value), class: "grid" }),
        words(MARGIN.left - 6, y(value) + 4, format(value), "end"),
      );
    }
    for (const tick of ticks(right))
      root.append(words(x(tick), HEIGHT - MARGIN.bottom + 16, `${tick}`, "middle"));
    root.append(words((width + MARGIN.left) / 2, HEIGHT - 3, xTitle, "middle"));
    for (const { style, points } of lines) {
      const path = points
        .map(([px, py], i) => `${i === 0 ? "M" : "L"}${x(px).toFixed(1)} ${y(Math.min(py, top)).toFixed(1)}`)
        .join("");
      root.append(drawing("path", { d: path, class: `line ${style}` }));
      const end = points.at(-1);
      if (end)
        root.append(
          drawing("circle", { cx: x(end[0]), cy: y(Math.min(end[1], top)), r: 3.5, class: `end ${style}` }),
        );
    }
    host.replaceChildren(root);
  };
}

function words(x: number, y: number, text: string, anchor: string): SVGElement {
  const made = drawing("text", { x, y, "text-anchor": anchor });
  made.textContent = text;
  return made;
}

/** Two to five round numbers from 0. */
function ticks(most: number): number[] {
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(
    1,
    [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough,
  );
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => Math.round(i * step));
}
