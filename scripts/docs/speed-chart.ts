/** Draws the training steps of a stored machine as bars. */
import { writeFileSync } from "node:fs";
import { columns, machineSteps, readMachine } from "trm-bench/bench";
import { closeRenderer, colors, makeFigure, palette, renderPng } from "trm-workbench/figures";

const barWidth = 0.36;

/** Draws `docs/speed.png` from a file of `docs/bench`. */
export async function drawSpeedChart(from: string, to: string): Promise<void> {
  const machine = readMachine(from);
  const rows = machineSteps(machine).map(({ title, cells }) => ({
    name: title,
    ratios: cells.map((cell) => cell?.ratio ?? Number.NaN),
  }));
  const training = columns
    .map(({ title }, column) => ({ name: title, column }))
    .filter(({ name }) => name.startsWith("train"));
  const days = machine.rows.map(({ date }) => date).sort();
  const dates = new Set([days[0], days.at(-1)]);
  const figure = makeFigure(
    {
      title: "A training step: our time as a share of compiled PyTorch's",
      subtitle: `${machine.cores} cores, ${machine.processor} with AVX-512, ${[...dates].join(" to ")}; shorter is faster`,
    },
    training.map(({ name, column }, series) => ({
      type: "bar",
      orientation: "h",
      name: name.replace("train, ", ""),
      x: rows.map(({ ratios }) => ratios[column]),
      y: rows.map((_, row) => row + (series - 0.5) * barWidth),
      width: barWidth * 0.94,
      marker: { color: palette[series] },
      text: rows.map(({ ratios }) => ratios[column].toFixed(2)),
      textposition: "outside",
    })),
    {
      height: 150 + 38 * rows.length,
      xaxis: { range: [0, 1.08], tickformat: ".1f", title: { text: "ours / PyTorch" } },
      yaxis: {
        tickvals: rows.map((_, row) => row),
        ticktext: rows.map(({ name }) => name),
        range: [rows.length - 0.5, -0.5],
        showgrid: false,
        ticks: "",
      },
      shapes: [
        {
          type: "line",
          x0: 1,
          x1: 1,
          yref: "paper",
          y0: 0,
          y1: 1,
          line: { color: colors.black, dash: "dot" },
        },
      ],
      legend: { orientation: "h", x: 0, y: 0.02, yref: "container", yanchor: "bottom" } as never,
      margin: { b: 92 },
      showlegend: true,
    },
  );
  try {
    writeFileSync(to, await renderPng(figure, { scale: 2 }));
  } finally {
    await closeRenderer();
  }
}
