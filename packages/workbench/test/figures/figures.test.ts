import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  accuracyFigure,
  comparisonFigure,
  type Figure,
  heatmapFigure,
  latentChangesFigure,
  lossFigure,
  mazeFigure,
  mazeStepsFigure,
  readabilityFigure,
  sudokuFigure,
  sudokuStepsFigure,
  sudokuThinkingFigure,
  trajectoriesFigure,
} from "../../src/figures";
import { figures, oneWrong, puzzle } from "./samples";

/** The fields of traces that these tests look at. */
interface Trace {
  readonly type: string;
  readonly name?: string;
  readonly x: number[];
  readonly y: number[];
  readonly z?: number[][];
  readonly text?: string[] | string[][];
  readonly fill?: string;
  readonly line?: { readonly dash?: string; readonly color?: string };
  readonly yaxis?: string;
}

const traces = (figure: Figure) => figure.data as unknown as Trace[];

describe("figures", () => {
  it("give an animation a frame and a place of the slider for each step, all of the same traces", () => {
    const empty = { prediction: puzzle.clues, belief: 0.1 };
    const { data, frames, layout } = sudokuThinkingFigure(puzzle, [
      empty,
      { prediction: oneWrong, belief: 0.9 },
    ]);
    assert.deepEqual(
      frames?.map((frame) => frame.data?.map(({ type }) => type)),
      [data.map(({ type }) => type), data.map(({ type }) => type)],
    );
    assert.deepEqual(
      layout.sliders?.[0].steps?.map(({ args }) => (args as unknown[][])[0]),
      [["1"], ["2"]],
    );
    const [board] = frames![0].data as unknown as Trace[];
    const shades = new Set(board.z!.flat());
    assert.deepEqual([...shades].sort(), [0, 3], "clues, and empty cells that are not shown as wrong");
  });

  it("are plain JSON", () => {
    for (const [name, figure] of Object.entries(figures)) {
      assert.deepEqual(JSON.parse(JSON.stringify(figure)).data.length, figure.data.length, name);
      assert.ok(!JSON.stringify(figure).includes("undefined"), name);
    }
  });

  it("draw several seeds as their mean in a band from the lowest to the highest", () => {
    const seeds = [
      [0, 0.4, 0.8],
      [0, 0.2, 0.9],
    ];
    const [band, line] = traces(
      accuracyFigure({ title: "", curves: [{ name: "TRM", steps: [1, 2, 3], seeds }] }),
    );
    assert.deepEqual(line.y, [0, (0.4 + 0.2) / 2, (0.8 + 0.9) / 2]);
    assert.equal(band.fill, "toself");
    assert.deepEqual(band.y, [0, 0.4, 0.9, 0.8, 0.2, 0]);
    assert.deepEqual(band.x, [1, 2, 3, 3, 2, 1]);
  });

  it("tell live weights from EMA by the dash, variants by colour, measures by panel", () => {
    const curve = { steps: [1], seeds: [[0.5]] };
    const [ema, live, other, cells] = traces(
      accuracyFigure({
        title: "",
        curves: [
          { ...curve, name: "a", weights: "ema" },
          { ...curve, name: "a", weights: "live" },
          { ...curve, name: "b", weights: "ema" },
          { ...curve, name: "a", weights: "ema", measure: "cells" },
        ],
      }),
    );
    assert.equal(ema.line?.color, live.line?.color);
    assert.notEqual(ema.line?.color, other.line?.color);
    assert.notEqual(ema.line?.dash, live.line?.dash);
    assert.deepEqual([ema.yaxis, cells.yaxis], ["y", "y2"]);
  });

  it("refuse curves whose values do not fit their steps", () => {
    const curves = [{ name: "TRM", steps: [1, 2], seeds: [[0.5]] }];
    assert.throws(() => accuracyFigure({ title: "", curves }), /curve "TRM": 2 steps but 1 values/);
    assert.throws(
      () =>
        heatmapFigure({
          title: "",
          columns: { title: "", values: [1] },
          rows: { title: "", values: [1] },
          cells: [],
        }),
      RangeError,
    );
  });

  it("smooth a loss by its running mean and keep the ends", () => {
    const values = Array.from({ length: 90 }, (_, i) => (i % 2 === 0 ? 1 : 3));
    const [, smooth] = traces(
      lossFigure({ title: "", curves: [{ name: "TRM", steps: values.map((_, i) => i), seeds: [values] }] }),
    );
    assert.equal(smooth.y.length, 90);
    for (const value of smooth.y) assert.ok(Math.abs(value - 2) <= 0.5, `${value}`);
  });

  it("smooth the losses of several seeds before they become a band", () => {
    const steps = Array.from({ length: 90 }, (_, i) => i);
    const seeds = [1, 3].map((first) => steps.map((i) => (i % 2 === 0 ? first : 4 - first)));
    const [band, line] = traces(lossFigure({ title: "", curves: [{ name: "TRM", steps, seeds }] }));
    assert.equal(band.fill, "toself");
    for (const value of [...line.y, ...band.y]) assert.ok(Math.abs(value - 2) <= 0.5, `${value}`);
  });

  it("write the mean of the seeds beside each bar, and nothing where the paper has no number", () => {
    const rows = [
      { variant: "TRM", ours: [0.9, 0.8], paper: 0.874 },
      { variant: "experts", ours: [0.2] },
    ];
    const texts = traces(comparisonFigure({ title: "", rows })).flatMap(({ text }) => (text ? [text] : []));
    assert.deepEqual(texts, [
      [" 85.0", " 20.0"],
      [" 87.4", ""],
    ]);
  });
});

describe("points and trajectories", () => {
  it("share a colour within a group, and dash what is not measured of the model alone", () => {
    const [vote, oracle] = figures.points.data as { line: { color: string; dash: string }; mode: string }[];
    assert.equal(vote.line.color, oracle.line.color);
    assert.deepEqual([vote.line.dash, oracle.line.dash], ["solid", "dash"]);
    assert.deepEqual([vote.mode, oracle.mode], ["text+lines+markers", "lines+markers"]);
    assert.equal(figures.points.layout.xaxis?.type, "log");
  });

  it("draw all panels at one scale, the first state of a path as a ring", () => {
    const { data, layout } = figures.trajectories;
    assert.deepEqual(layout.xaxis?.range, layout.xaxis2?.range);
    assert.deepEqual(layout.xaxis?.range, [-2.1, 2.1]);
    const [first] = data as { marker: { symbol: string[] }; xaxis: string }[];
    assert.deepEqual(first.marker.symbol, ["circle-open", "circle", "circle"]);
    assert.throws(() => trajectoriesFigure({ title: "none", panels: [] }), /no trajectories/);
  });
});

describe("changes of latents", () => {
  it("number the passes through all latents, with a line between supervision steps", () => {
    const figure = latentChangesFigure(
      [
        { latent: "z", supervisionStep: 1, change: 0.9 },
        { latent: "y", supervisionStep: 1, change: 0.7 },
        { latent: "z", supervisionStep: 2, change: 0.4 },
      ],
      { title: "" },
    );
    const [z, y] = traces(figure);
    assert.deepEqual([z.name, z.x, z.y], ["z", [1, 3], [0.9, 0.4]]);
    assert.deepEqual([y.name, y.x, y.y], ["y", [2], [0.7]]);
    assert.deepEqual(
      figure.layout.shapes?.map(({ x0 }) => x0),
      [2.5],
    );
  });
});

describe("what can be read off latents", () => {
  it("has a line for each latent and reader, and one for guessing", () => {
    const readings = [
      { latent: "y", supervisionStep: 1, head: 0.6, probe: 0.7 },
      { latent: "z", supervisionStep: 1, head: 0.2, probe: 0.5 },
      { latent: "z", supervisionStep: 2, head: 0.3, probe: 0.8 },
    ];
    const lines = traces(readabilityFigure({ title: "", readings, guessing: 0.25 }));
    assert.deepEqual(
      lines.map(({ name, y }) => [name, y]),
      [
        ["y, model's head", [0.6]],
        ["y, linear probe", [0.7]],
        ["z, model's head", [0.2, 0.3]],
        ["z, linear probe", [0.5, 0.8]],
        ["guessing", [0.25, 0.25]],
      ],
    );
  });
});

describe("Sudoku pictures", () => {
  it("colour clues, right and wrong cells apart", () => {
    const [board] = traces(sudokuFigure({ ...puzzle, prediction: oneWrong }));
    const kinds = board.z?.flat().map(Math.floor);
    const expected = puzzle.clues.map((clue, cell) => (clue > 0 ? 0 : cell === 1 ? 2 : 1));
    assert.deepEqual(kinds, expected);
  });

  it("shade a cell by the model's confidence, without leaving its colour", () => {
    const confidence = puzzle.solution.map((_, cell) => (cell === 3 ? 1 : 0.25));
    const [board] = traces(sudokuFigure({ ...puzzle, prediction: oneWrong, confidence }));
    assert.deepEqual(board.z?.[0], [0, 2.25, 0, 1.99]);
  });

  it("show the same board again for every supervision step, with its number of wrong cells", () => {
    const figure = sudokuStepsFigure(puzzle, [{ prediction: oneWrong }, { prediction: puzzle.solution }]);
    assert.deepEqual(
      figure.layout.annotations?.map(({ text }) => text),
      ["step 1: 1 wrong", "step 2: <b>solved</b>"],
    );
    assert.equal(traces(figure).filter(({ type }) => type === "heatmap").length, 2);
  });

  it("refuse a board that does not fit its boxes", () => {
    assert.throws(
      () => sudokuFigure({ ...puzzle, prediction: [1, 2] }),
      /prediction has 2 cells.*2 x 2 need 16/,
    );
    assert.throws(() => sudokuStepsFigure(puzzle, []), /steps is empty/);
  });
});

describe("maze pictures", () => {
  it("tell right, missing and wrong squares apart", () => {
    const [board] = traces(figures.maze);
    assert.deepEqual(board.z?.slice(1, 3), [
      [1, 5, 2, 3, 1],
      [1, 4, 1, 5, 1],
    ]);
    assert.throws(
      () => mazeFigure({ question: ["#"], prediction: ["##"], solution: ["#"] }),
      /prediction has another size/,
    );
  });

  it("of several steps say after each how much is wrong", () => {
    const { annotations = [] } = figures.mazeSteps.layout;
    assert.deepEqual(
      annotations.map(({ text }) => text),
      ["step 1: 2 wrong", "step 2: <b>found</b>"],
    );
    assert.throws(() => mazeStepsFigure({ question: ["#"], solution: ["#"] }, []), /predictions is empty/);
  });
});
