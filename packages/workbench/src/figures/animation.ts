import type { Data } from "plotly.js";
import { type BoardsOptions, boardsFigure } from "./boards";
import { colors, type Figure, type Heading } from "./theme";

/** One supervision step: the board after it, and the halting head's belief. */
export interface AnimationStep {
  readonly caption: string;
  readonly squares: BoardsOptions["boards"][number]["squares"];
  /** Probability, by the halting head, that the answer is right. */
  readonly belief: number;
}

/** One board that changes from step to step. */
export interface AnimationOptions
  extends Partial<Heading>,
    Pick<BoardsOptions, "shades" | "box" | "gridLines" | "squareSize"> {
  /** @default "A model thinks" */
  readonly title?: string;
  readonly steps: readonly AnimationStep[];
}

/** Pixels of the chart of beliefs, and of the space between it and the board. */
const chart = { width: 240, gap: 90 };

/** Pixels under the board for the slider and its button. */
const controls = 110;

/** Draws a frame at once: a heat map cannot move smoothly. */
const atOnce = { frame: { duration: 0, redraw: true }, transition: { duration: 0 }, mode: "immediate" };

/** Milliseconds between two frames that play. */
const pace = 700;

/**
 * A large board with a slider over the supervision steps and a play button; beside it the belief of the halting head. It works
 * in a saved notebook without a kernel. Where nothing moves, a picture shows the last step.
 * @throws RangeError when there are no steps
 */
export function animatedBoards(options: AnimationOptions): Figure {
  const { steps, squareSize, title = "A model thinks" } = options;
  if (steps.length === 0) {
    throw new RangeError("thoughts is empty: give the answer after at least one supervision step");
  }
  const drawings = steps.map(({ caption, squares }) =>
    boardsFigure({ ...options, title, boards: [{ caption, squares }], perRow: 1 }),
  );
  const last = drawings[drawings.length - 1];
  const board = steps[0].squares[0].length * squareSize;
  const { layout } = last;
  const left = Number(layout.margin?.l);
  const width = left + board + chart.gap + chart.width + 20;
  const inner = width - left - 20;
  const frames = drawings.map((drawing, step) => ({
    name: String(step + 1),
    data: [...drawing.data, beliefLine(steps.slice(0, step + 1))],
    layout: { annotations: drawing.layout.annotations },
  }));
  return {
    data: frames[frames.length - 1].data,
    frames,
    layout: {
      ...layout,
      width,
      height: Number(layout.height) + controls,
      margin: { ...layout.margin, r: 20, b: controls },
      // The board's own axes, in the left part.
      xaxis: { ...layout.xaxis, domain: [0, board / inner], range: [-0.05, board / squareSize + 0.05] },
      xaxis2: {
        domain: [1 - chart.width / inner, 1],
        anchor: "y2",
        range: [0.5, steps.length + 0.5],
      },
      yaxis2: {
        anchor: "x2",
        range: [-0.03, 1.03],
        tickformat: ".0%",
        title: { text: "belief to be right", standoff: 8 },
      },
      sliders: [
        {
          active: steps.length - 1,
          x: 0.12,
          len: 0.88,
          pad: { t: 24 },
          currentvalue: { prefix: "supervision step ", xanchor: "left" },
          steps: frames.map(({ name }) => ({ label: name, method: "animate", args: [[name], atOnce] })),
        },
      ],
      updatemenus: [
        {
          type: "buttons",
          x: 0,
          y: 0,
          xanchor: "left",
          yanchor: "top",
          pad: { t: 44 },
          showactive: false,
          buttons: [
            {
              label: "play",
              method: "animate",
              args: [null, { ...atOnce, frame: { duration: pace, redraw: true }, fromcurrent: false }],
            },
          ],
        },
      ],
    },
  };
}

function beliefLine(steps: readonly AnimationStep[]): Data {
  return {
    type: "scatter",
    mode: "lines+markers",
    x: steps.map((_, step) => step + 1),
    y: steps.map(({ belief }) => belief),
    xaxis: "x2",
    yaxis: "y2",
    line: { color: colors.blue },
    hovertemplate: "step %{x}: %{y:.1%}<extra></extra>",
  };
}
