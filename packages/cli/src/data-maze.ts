import { Command, Option } from "commander";
import { mazeDataset, mazeTask } from "trm/batches";
import type { MazePuzzle } from "trm/puzzles";
import { createRandom } from "trm/random";
import { readMazeCsv } from "trm-workbench/data";
import {
  addBuilderOptions,
  type BuilderOptions,
  checkOut,
  downloaded,
  MOST_PUZZLES,
  refuseWithout,
  requireOneSource,
  tellShared,
  writeAndReport,
} from "./data-shared";
import { anyNumber, wholeNumber } from "./options";
import { progressOf } from "./output";

interface MazeCommandOptions extends BuilderOptions {
  readonly generate?: number;
  readonly train?: number;
  readonly test?: number;
  readonly loops?: number;
  readonly minLength?: number;
  readonly trainCsv?: string;
  readonly testCsv?: string;
  readonly download?: boolean;
  readonly subsample?: number;
  readonly dihedral?: boolean;
}

export const dataMazeCommand = new Command("maze")
  .description("mazes: from CSV files, Maze-Hard from its public home, or generated")
  .addOption(new Option("--train-csv <file>", "training mazes: source,question,answer,rating"))
  .addOption(new Option("--test-csv <file>", "held-out mazes in the same layout"))
  .addOption(new Option("--download", "download Maze-Hard"))
  .addOption(
    new Option("--generate <size>", "generate mazes with so many cells on a side").argParser(
      wholeNumber(5, 1000),
    ),
  )
  .addOption(new Option("--train <n>", "training mazes to generate").argParser(wholeNumber(1, MOST_PUZZLES)))
  .addOption(new Option("--test <n>", "held-out mazes to generate").argParser(wholeNumber(1, MOST_PUZZLES)))
  .addOption(
    new Option("--loops <share>", "share of the walls opened again, so that there are detours").argParser(
      anyNumber,
    ),
  )
  .addOption(new Option("--min-length <n>", "fewest steps from start to goal").argParser(wholeNumber()))
  .addOption(
    new Option("--subsample <n>", "so many training mazes, drawn by the seed").argParser(wholeNumber()),
  )
  .addOption(new Option("--dihedral", "add all rotations and mirrorings of each training maze"))
  .action(async (options: MazeCommandOptions, command: Command) => {
    const { generate, train, test, loops, minLength, trainCsv, testCsv, download, subsample } = options;
    requireOneSource(command, {
      "--train-csv": trainCsv ?? testCsv,
      "--download": download,
      "--generate": generate,
    });
    const onlyGenerated = { "--train": train, "--test": test, "--loops": loops, "--min-length": minLength };
    if (generate) refuseWithout(command, "CSV files", { "--subsample": subsample });
    else refuseWithout(command, "--generate", onlyGenerated);
    checkOut(options);
    const start = performance.now();
    const mazes = generate
      ? generated(generate, options)
      : await fromCsv(
          options,
          download ? await downloaded("maze-hard", options.downloads) : [trainCsv, testCsv],
        );
    const content = {
      ...(mazes.train && {
        train: mazeDataset(mazes.train, { name: "train", dihedral: options.dihedral ?? false }),
      }),
      ...(mazes.test && { test: mazeDataset(mazes.test, { name: "test" }) }),
    };
    const shared = generate
      ? undefined
      : tellShared(content.train && [content.train], content.test && [content.test]);
    writeAndReport(content, options, start, { ...(shared && { shared }) });
  });

addBuilderOptions(dataMazeCommand, 0);

interface Mazes {
  readonly train?: readonly MazePuzzle[];
  readonly test?: readonly MazePuzzle[];
}

function generated(
  size: number,
  { train = 1000, test = 1000, seed, loops, minLength }: MazeCommandOptions,
): Mazes {
  const bar = progressOf("generating", "mazes");
  try {
    return mazeTask({
      ...{ size, train, test, seed, onProgress: bar.update },
      ...(loops !== undefined && { loops }),
      ...(minLength !== undefined && { minLength }),
    }).puzzles;
  } finally {
    bar.done();
  }
}

async function fromCsv(
  { subsample, seed }: MazeCommandOptions,
  [trainCsv, testCsv]: readonly (string | undefined)[],
): Promise<Mazes> {
  const train = trainCsv ? await readMazeCsv(trainCsv) : undefined;
  if (train && subsample && subsample > train.length) {
    throw new Error(`${trainCsv} has only ${train.length} mazes, and ${subsample} were asked for`);
  }
  const order = train && createRandom(seed).fork("subsample").permutation(train.length);
  return {
    ...(train &&
      order && { train: Array.from(order.subarray(0, subsample ?? train.length), (i) => train[i]) }),
    ...(testCsv && { test: await readMazeCsv(testCsv) }),
  };
}
