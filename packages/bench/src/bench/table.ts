import { markdownTable, percent } from "trm-workbench/text";
/** Results as tables in Markdown, which a terminal shows as well. */
import type { RowResult } from "./pairs";
import type { RaceResult } from "./race-seed";

const milliseconds = (value: number | undefined) =>
  value === undefined ? "" : value >= 100 ? value.toFixed(0) : value.toPrecision(3);
const times = (ratio: number | undefined) => (ratio === undefined ? "" : ratio.toFixed(2));
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
      percent(share, 0),
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
