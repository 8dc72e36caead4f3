import { Command, Option } from "commander";
import { vocabSizeOf } from "trm/batches";
import { createModel } from "trm/model";
import { geometry } from "trm/puzzles";
import { measureSteps, type StepSpeed } from "trm-bench/bench";
import { type DataConfig, mergeConfig, parseRunConfig } from "trm-workbench/config";
import { parseBox } from "trm-workbench/runs";
import { count, duration, namedLines, percent } from "trm-workbench/text";
import { addCompareOptions, type CompareOptions, compare } from "./bench-compare";
import { deviceOption, type EngineCommandOptions, startEngineFor } from "./engine";
import {
  addConfigOptions,
  configChanges,
  jsonOption,
  presetList,
  readConfig,
  threadsOption,
  wholeNumber,
} from "./options";
import { finish } from "./output";

interface BenchCommandOptions extends EngineCommandOptions, Omit<CompareOptions, "threads"> {
  readonly steps: number;
  readonly seqLen?: number;
  readonly vocabSize?: number;
  readonly json?: boolean;
}

/** The presets that a device measures when none is named. */
const standardPreset = "sudoku-extreme-mlp";

/**
 * `trm bench`: our steps against PyTorch's. `trm bench PRESET`, or with `--device`: what a device makes of one configuration.
 * No data is needed: random puzzles take as long as real ones.
 */
export const benchCommand = new Command("bench")
  .description(
    "compare our steps with those of PyTorch; or measure training steps of one configuration on one device",
  )
  .argument(
    "[config]",
    `preset (${presetList()}) or a JSON or YAML file; with --device and without a name ${standardPreset}`,
  )
  .addOption(
    new Option("--steps <n>", "steps to measure of a configuration").argParser(wholeNumber()).default(20),
  )
  .addOption(
    new Option(
      "--seq-len <n>",
      "cells of a puzzle: 900 for Maze-Hard and ARC; those of generated puzzles, else 81, when left out",
    ).argParser(wholeNumber()),
  )
  .addOption(
    new Option(
      "--vocab-size <n>",
      "different tokens: 6 for mazes, 12 for ARC; those of generated puzzles, else 11, when left out",
    ).argParser(wholeNumber(2)),
  )
  .addOption(deviceOption())
  .addOption(threadsOption())
  .addOption(jsonOption())
  .action((name: string | undefined, options: BenchCommandOptions) =>
    name === undefined && options.device === "auto"
      ? compare(options)
      : measureDevice(name ?? standardPreset, options),
  );

addCompareOptions(benchCommand);
addConfigOptions(benchCommand);

async function measureDevice(name: string, options: BenchCommandOptions): Promise<void> {
  const { data, model, training } = parseRunConfig(
    mergeConfig(readConfig(name), configChanges({ ...options })),
  );
  const size = puzzleSize(data);
  const { seqLen = size.seqLen, vocabSize = size.vocabSize, steps } = options;
  await startEngineFor(options, training.devices);
  const speed = await measureSteps(
    createModel({ ...model, seqLen, vocabSize, numPuzzleIdentifiers: 1 }),
    training,
    { steps },
  );
  finish(options.json, { config: name, precision: training.precision, ...speed }, () => summary(speed));
}

/** Cells and tokens of generated puzzles; of a Sudoku of 9x9 where the puzzles are in files, which are not read. */
function puzzleSize(data: DataConfig): { readonly seqLen: number; readonly vocabSize: number } {
  if (data.kind === "maze") return { seqLen: data.size ** 2, vocabSize: vocabSizeOf({ kind: "maze" }) };
  const box = data.kind === "sudoku" ? parseBox(data.box) : ([3, 3] as const);
  return { seqLen: geometry(box).cells, vocabSize: vocabSizeOf({ kind: "sudoku", box }) };
}

function summary(speed: StepSpeed): string {
  const share = speed.shareOfPeak === undefined ? "" : `, ${percent(speed.shareOfPeak)} of the device's peak`;
  return namedLines([
    ["device", `${speed.devices > 1 ? `${speed.devices} x ` : ""}${speed.device}`],
    ["model", `${count(speed.parameters)} parameters`],
    ["first step", duration(speed.firstStepSeconds)],
    [
      "steps",
      `${speed.stepsPerSecond.toPrecision(3)}/s of ${count(speed.batchSize)} puzzles: ${count(Math.round(speed.examplesPerSecond))} puzzles/s`,
    ],
    [
      "products",
      `${(speed.flopsPerStep / 1e12).toPrecision(3)} TFLOP a step, ${speed.teraflops.toPrecision(3)} TFLOP/s${share}`,
    ],
    speed.peakMemory !== undefined && ["memory", `${(speed.peakMemory / 1e9).toPrecision(3)} GB at most`],
  ]);
}
