import { join } from "node:path";
import { Command, Option } from "commander";
import { type ArcDatasets, readArcDatasets } from "../batches";
import {
  addBuilderOptions,
  type BuilderOptions,
  checkOut,
  downloaded,
  requireOneSource,
  writeAndReport,
} from "./data-shared";
import { oneOf, wholeNumber } from "./options";
import { progressOf } from "./output";

/** Which subsets the official README trains on, and which it holds out. */
const official = {
  "arc-agi-1": { subsets: ["training", "evaluation", "concept"], testSet: "evaluation" },
  "arc-agi-2": { subsets: ["training2", "evaluation2", "concept"], testSet: "evaluation2" },
} as const;

interface ArcCommandOptions extends BuilderOptions {
  readonly source?: string;
  readonly download?: keyof typeof official;
  readonly subsets?: string;
  readonly testSet?: string;
  readonly augmentations: number;
}

export const dataArcCommand = new Command("arc")
  .description("ARC-AGI: from Kaggle's JSON files, or downloaded")
  .addOption(
    new Option(
      "--source <prefix>",
      "files PREFIX_SUBSET_challenges.json and, where known, PREFIX_SUBSET_solutions.json",
    ),
  )
  .addOption(oneOf("--download <name>", "download the files", Object.keys(official)))
  .addOption(
    new Option("--subsets <names>", "subsets to train on, with commas; those of the paper when left out"),
  )
  .addOption(new Option("--test-set <name>", "the subset whose test pairs are held out"))
  .addOption(
    new Option("--augmentations <n>", "augmented copies of each task")
      .argParser(wholeNumber(0))
      .default(1000),
  )
  .action(async (options: ArcCommandOptions, command: Command) => {
    const { source, download, augmentations, seed } = options;
    requireOneSource(command, { "--source": source, "--download": download });
    checkOut(options);
    const start = performance.now();
    const standard = official[download ?? "arc-agi-1"];
    if (download) await downloaded(download, options.downloads);
    const prefix = source ?? join(options.downloads, download!, "arc-agi");
    const subsets = options.subsets?.split(",").filter(Boolean) ?? [...standard.subsets];
    const bar = progressOf("augmenting", "tasks");
    let arc: ArcDatasets;
    try {
      const testSet = options.testSet ?? standard.testSet;
      arc = readArcDatasets(prefix, subsets, [testSet], { augmentations, seed, onProgress: bar.update });
    } finally {
      bar.done();
    }
    writeAndReport(arc, options, start, { identifiers: arc.identifiers.length, notFull: arc.notFull });
  });

addBuilderOptions(dataArcCommand, 42);
