import { join } from "node:path";
import { Command, Option } from "commander";
import { reportText, runAccelerator } from "trm-bench/accelerator";
import { mergeConfig, parseRunConfig, type RunConfigChanges, withFullPaths } from "trm-workbench/config";
import { onInterrupt } from "trm-workbench/terminal";
import {
  addConfigOptions,
  anyNumber,
  configChanges,
  jsonOption,
  presetList,
  readConfig,
  wholeNumber,
} from "./options";
import { finish } from "./output";

interface AcceleratorCommandOptions {
  readonly out: string;
  readonly minutes?: number;
  readonly trainMinutes: number;
  readonly batchSizes: readonly number[];
  readonly steps: number;
  readonly peer: string;
  readonly pieces?: boolean;
  readonly json?: boolean;
}

/** A run of limited time is looked at more often than a whole one; the configuration's own fields come before this. */
const oftenEvaluated: RunConfigChanges = {
  evaluation: { every: 250, weights: ["live", "ema"] },
  checkpoints: { every: 250, keep: 2 },
};

/** `trm accelerator`: all that is to be known of a GPU, in one report. */
export const acceleratorCommand = new Command("accelerator")
  .description(
    "measure a PJRT device at the paper's scale, against compiled PyTorch where there is one, and train on it; repeated, it goes on",
  )
  .argument("[config]", `what to train: preset (${presetList()}) or a JSON or YAML file`, "sudoku-hard")
  .addOption(
    new Option("--out <folder>", "report and training run; the same folder goes on").default(
      join("runs", "accelerator"),
    ),
  )
  .addOption(
    new Option(
      "--minutes <n>",
      "stop after about so many minutes, to go on with the next call; no limit when left out",
    ).argParser(anyNumber),
  )
  .addOption(
    new Option("--train-minutes <n>", "minutes of training in all; 0 only measures")
      .argParser(anyNumber)
      .default(60),
  )
  .addOption(
    new Option("--batch-sizes <list>", "batches to measure, with commas")
      .argParser((text) => text.split(",").map(wholeNumber()))
      .default([768, 192], "768,192"),
  )
  .addOption(new Option("--steps <n>", "steps of each measurement").argParser(wholeNumber()).default(20))
  .addOption(
    new Option("--peer <python>", "the Python whose PyTorch is measured, too")
      .env("TRM_TORCH_PYTHON")
      .default("python3"),
  )
  .addOption(
    new Option(
      "--pieces",
      "keep the checkpoint as files of at most 15 MB in the folder, too, and go on from such files",
    ),
  )
  .addOption(jsonOption())
  .action(async (name: string, options: AcceleratorCommandOptions) => {
    const changes = withFullPaths(configChanges({ ...options }));
    const base = mergeConfig(oftenEvaluated, withFullPaths(readConfig(name)));
    const { report, done } = await runAccelerator({
      folder: options.out,
      config: parseRunConfig(mergeConfig(base, changes)),
      batchSizes: options.batchSizes,
      steps: options.steps,
      seconds: 60 * (options.minutes ?? Number.POSITIVE_INFINITY),
      trainingSeconds: 60 * options.trainMinutes,
      peerPython: options.peer,
      ...(options.pieces && { pieces: true }),
      signal: onInterrupt(),
      onProgress: (line) => console.error(line),
    });
    const goOn = done ? "" : "\n\nNot everything is done: the same command goes on.";
    finish(options.json, { done, ...report }, () => reportText(report) + goOn);
    if (!done) process.exitCode = 130;
  });

addConfigOptions(acceleratorCommand);
