import type { Annotations, Data } from "plotly.js";
import { colors, type Figure, type Heading, headingHeight, makeFigure } from "./theme";

/** The content of one square of a board. */
export interface Square {
  /** The colour scale's input: a whole number picks the colour, the fraction above it the strength (see `shades`). */
  readonly shade: number;
  readonly text?: string;
  readonly textStyle?: TextStyle;
  readonly hover?: string;
}

export type TextStyle = "given" | "right" | "wrong";

/** Square boards drawn beside one another, all with the same number of rows and columns. */
export interface BoardsOptions extends Heading {
  readonly boards: readonly { readonly caption?: string; readonly squares: readonly (readonly Square[])[] }[];
  /** Pairs of pale and strong colour: shade `i` is the pale one of pair `i`, `i + 0.99` the strong one. */
  readonly shades: readonly (readonly [pale: string, strong: string])[];
  /** Thick lines every so many rows and columns: the boxes of a Sudoku. */
  readonly box?: readonly [rows: number, columns: number];
  /** Thin lines around each square. @default true */
  readonly gridLines?: boolean;
  readonly perRow: number;
  /** Pixels of one square's side. */
  readonly squareSize: number;
}

/**
 * All boards share one pair of axes and one heat map, whatever their number: a figure of 16 boards stays six traces and
 * draws at once, where a subplot or a shape for each square would take seconds.
 */
export function boardsFigure(options: BoardsOptions): Figure {
  const { boards, perRow, squareSize } = options;
  const height = boards[0].squares.length;
  const width = boards[0].squares[0].length;
  const captions = boards.some((board) => board.caption);
  // Space between boards, in squares; captions need about 22 pixels above each.
  const gapX = Math.max(1, 14 / squareSize);
  const gapY = captions ? 28 / squareSize : gapX;
  const placed = boards.map((board, index) => ({
    ...board,
    left: (index % perRow) * (width + gapX),
    top: Math.floor(index / perRow) * (height + gapY) + (captions ? gapY : 0),
  }));
  const right = Math.min(perRow, boards.length) * (width + gapX) - gapX;
  const bottom = Math.max(...placed.map(({ top }) => top)) + height;
  const margin = { l: 20, r: 20, t: headingHeight(options), b: 16 };
  const hidden = { visible: false, fixedrange: true };
  const data = [
    ...placed.flatMap((board) => heatmap(board, options.shades)),
    ...lineTraces(placed, options),
    ...texts(placed, squareSize),
  ];
  return makeFigure(options, data, {
    // Wide enough for the heading, though one small board would need less.
    width: Math.max(420, Math.round(right * squareSize) + margin.l + margin.r),
    height: Math.round(bottom * squareSize) + margin.t + margin.b,
    margin,
    showlegend: false,
    xaxis: { ...hidden, range: [-0.05, Math.max(right, (420 - margin.l - margin.r) / squareSize) + 0.05] },
    yaxis: { ...hidden, range: [bottom + 0.05, -0.05] },
    annotations: placed.flatMap((board): Partial<Annotations>[] =>
      board.caption
        ? [
            {
              text: board.caption,
              x: board.left,
              y: board.top,
              xanchor: "left",
              yanchor: "bottom",
              showarrow: false,
              xshift: -3,
              font: { size: 13 },
            },
          ]
        : [],
    ),
  });
}

interface PlacedBoard {
  readonly squares: readonly (readonly Square[])[];
  readonly left: number;
  readonly top: number;
}

function heatmap(board: PlacedBoard, shades: BoardsOptions["shades"]): Data[] {
  const { squares, left, top } = board;
  return [
    {
      type: "heatmap",
      x: edges(left, squares[0].length),
      y: edges(top, squares.length),
      z: squares.map((row) => row.map(({ shade }) => shade)),
      text: squares.map((row) => row.map(({ hover = "" }) => hover)) as never,
      hovertemplate: "%{text}<extra></extra>",
      colorscale: shades.flatMap(([pale, strong], i): [number, string][] => [
        [i / shades.length, pale],
        [(i + 1) / shades.length, strong],
      ]),
      zmin: 0,
      zmax: shades.length,
      showscale: false,
    },
  ];
}

function edges(start: number, count: number): number[] {
  return Array.from({ length: count + 1 }, (_, i) => start + i);
}

/** Grid lines as two traces, thin and thick, broken by nulls. */
function lineTraces(boards: readonly PlacedBoard[], options: BoardsOptions): Data[] {
  const { box, gridLines = true } = options;
  const thin: Segments = { x: [], y: [] };
  const thick: Segments = { x: [], y: [] };
  for (const { squares, left, top } of boards) {
    const height = squares.length;
    const width = squares[0].length;
    for (let row = 0; row <= height; row++) {
      const isEdge = row % (box?.[0] ?? height) === 0;
      if (isEdge || gridLines) addLine(isEdge ? thick : thin, left, top + row, left + width, top + row);
    }
    for (let column = 0; column <= width; column++) {
      const isEdge = column % (box?.[1] ?? width) === 0;
      if (isEdge || gridLines)
        addLine(isEdge ? thick : thin, left + column, top, left + column, top + height);
    }
  }
  const trace = ({ x, y }: Segments, line: { color: string; width: number }): Data[] =>
    x.length > 0 ? [{ type: "scatter", mode: "lines", x, y, line, hoverinfo: "skip" }] : [];
  return [...trace(thin, { color: "#C9CED6", width: 1 }), ...trace(thick, { color: "#4A4F57", width: 1.8 })];
}

interface Segments {
  readonly x: (number | null)[];
  readonly y: (number | null)[];
}

function addLine(lines: Segments, x0: number, y0: number, x1: number, y1: number): void {
  lines.x.push(x0, x1, null);
  lines.y.push(y0, y1, null);
}

const textColors: Record<TextStyle, string> = { given: colors.black, right: "#004B78", wrong: "#8C3300" };

/** One trace of texts for each style, so that all frames of an animation have the same traces. Wrong ones are bold too: colour is not the only sign. */
function texts(boards: readonly PlacedBoard[], squareSize: number): Data[] {
  return (["given", "right", "wrong"] as const).flatMap((style): Data[] => {
    // A trace needs a point to be one; this one is nowhere.
    const x: (number | null)[] = [null];
    const y: (number | null)[] = [null];
    const text = [""];
    for (const { squares, left, top } of boards) {
      squares.forEach((row, r) => {
        row.forEach((square, c) => {
          if (!square.text || (square.textStyle ?? "given") !== style) return;
          x.push(left + c + 0.5);
          y.push(top + r + 0.5);
          text.push(style === "right" ? square.text : `<b>${square.text}</b>`);
        });
      });
    }
    const textfont = { size: Math.round(squareSize * 0.56), color: textColors[style] };
    return [{ type: "scatter", mode: "text", x, y, text, textfont, hoverinfo: "skip", cliponaxis: false }];
  });
}
