/** Results as tables in Markdown, which a terminal shows as well. */
import type { RowResult } from "./pairs";
import type { RaceResult } from "./races";

const milliseconds = (value: number | undefined) =>
  value === undefined ? "" : value >= 100 ? value.toFixed(0) : value.toPrecision(3);
const times = (ratio: number | undefined) => (ratio === undefined ? "" : ratio.toFixed(2));
const percent = (share: number) => `${Math.round(100 * share)}%`;
const megabytes = (bytes: number | undefined) => (bytes === undefined ? "" : `${Math.round(bytes / 1e6)}`);
const seconds = (value: number | undefined) => (value === undefined ? "" : value.toFixed(1));

/** A line for each row: medians, ratios, floor, memory, first steps. */
export function rowTable(results: readonly RowResult[]): string {
  return markdownTable(
    [
      "step",
      "ours, ms",
      "PyTorch, ms",
      "ours / PyTorch",
      "ours / eager",
      "ours / wasm",
      "floor, ms",
      "of product speed",
      "memory ours, MB",
      "PyTorch, MB",
      "first step ours, s",
      "PyTorch, s",
    ],
    results.map(({ row, ours, others, ratios, floor, share }) => [
      row,
      milliseconds(ours.median),
      milliseconds(others.peer?.median),
      times(ratios.peer),
      times(ratios.eager),
      times(ratios.wasm),
      milliseconds(floor),
      percent(share),
      megabytes(ours.peakMemoryBytes),
      megabytes(others.peer?.peakMemoryBytes),
      seconds(ours.firstStepSeconds),
      seconds(others.peer?.firstStepSeconds),
    ]),
  );
}

/** A line for each seed. */
export function raceTable(results: readonly RaceResult[]): string {
  return markdownTable(
    [
      "seed",
      "steps ours",
      "PyTorch",
      "training ours, s",
      "PyTorch, s",
      "ratio",
      "all in all ours, s",
      "PyTorch, s",
      "ratio",
    ],
    results.map(({ seed, ours, peer }) => [
      String(seed),
      `${ours.steps}${ours.reached ? "" : " (not reached)"}`,
      peer ? `${peer.steps}${peer.reached ? "" : " (not reached)"}` : "",
      seconds(ours.trainingSeconds),
      seconds(peer?.trainingSeconds),
      times(peer && ours.trainingSeconds / peer.trainingSeconds),
      seconds(ours.seconds),
      seconds(peer?.seconds),
      times(peer && ours.seconds / peer.seconds),
    ]),
  );
}

/** The first column is text, the others are numbers. */
function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, c) => Math.max(name.length, ...rows.map((row) => row[c].length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((text, c) => (c === 0 ? text.padEnd(widths[c]) : text.padStart(widths[c]))).join(" | ")} |`;
  const rule = widths.map((width, c) => (c === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}
