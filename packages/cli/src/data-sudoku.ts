import { Command, Option } from "commander";
import { type Dataset, type SudokuDatasetOptions, sudokuDataset, sudokuTask } from "trm/batches";
import type { SudokuDifficulty, SudokuPuzzle } from "trm/puzzles";
import { createRandom } from "trm/random";
import { boxOfPuzzles } from "trm-workbench/data";
import { parseBox, sampleSudokuCsv } from "trm-workbench/runs";
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
import { anyNumber, boxOption, oneOf, wholeNumber } from "./options";
import { progressOf } from "./output";

interface SudokuCommandOptions extends BuilderOptions {
  readonly generate?: string;
  readonly difficulty?: SudokuDifficulty;
  readonly clues?: number;
  readonly train?: number;
  readonly test?: number;
  readonly trainCsv?: string;
  readonly testCsv?: string;
  readonly download?: boolean;
  readonly subsample?: number;
  readonly minRating?: number;
  readonly augmentations: number;
}

export const dataSudokuCommand = new Command("sudoku")
  .description("Sudokus: from CSV files, Sudoku-Extreme from its public home, or generated")
  .addOption(new Option("--train-csv <file>", "training puzzles: source,question,answer,rating"))
  .addOption(new Option("--test-csv <file>", "held-out puzzles in the same layout"))
  .addOption(new Option("--download", "download Sudoku-Extreme"))
  .addOption(boxOption("--generate <box>", "generate puzzles with boxes of ROWSxCOLUMNS"))
  .addOption(
    oneOf(
      "--difficulty <kind>",
      "minimal: every clue is needed; singles: naked and hidden singles suffice; mixed: any",
      ["minimal", "singles", "mixed"],
    ),
  )
  .addOption(
    new Option("--clues <n>", "clues of each puzzle; mixed unless --difficulty says singles").argParser(
      wholeNumber(),
    ),
  )
  .addOption(
    new Option("--train <n>", "training puzzles to generate").argParser(wholeNumber(1, MOST_PUZZLES)),
  )
  .addOption(new Option("--test <n>", "held-out puzzles to generate").argParser(wholeNumber(1, MOST_PUZZLES)))
  .addOption(
    new Option("--subsample <n>", "so many training puzzles, drawn by the seed").argParser(wholeNumber()),
  )
  .addOption(new Option("--min-rating <r>", "leave out easier puzzles, in both files").argParser(anyNumber))
  .addOption(
    new Option("--augmentations <n>", "random symmetric copies of each training puzzle")
      .argParser(wholeNumber(0))
      .default(0),
  )
  .action(async (options: SudokuCommandOptions, command: Command) => {
    const { generate, train, test, trainCsv, testCsv, download, subsample, minRating } = options;
    requireOneSource(command, {
      "--train-csv": trainCsv ?? testCsv,
      "--download": download,
      "--generate": generate,
    });
    if (generate)
      refuseWithout(command, "CSV files", { "--subsample": subsample, "--min-rating": minRating });
    else {
      const { difficulty, clues } = options;
      refuseWithout(command, "--generate", {
        "--train": train,
        "--test": test,
        "--difficulty": difficulty,
        "--clues": clues,
      });
    }
    checkOut(options);
    const start = performance.now();
    const content = generate
      ? generated(generate, options)
      : await fromCsv(
          options,
          download ? await downloaded("sudoku-extreme", options.downloads) : [trainCsv, testCsv],
        );
    const { train: trainSet, test: testSet } = content;
    const shared = generate ? undefined : tellShared(trainSet && [trainSet], testSet && [testSet]);
    writeAndReport(content, options, start, { ...(shared && { shared }) });
  });

addBuilderOptions(dataSudokuCommand, 0);

function generated(box: string, options: SudokuCommandOptions) {
  const { train = 1000, test = 1000, seed, augmentations, difficulty, clues } = options;
  const bar = progressOf("generating", "puzzles");
  const sizes = { box: parseBox(box), train, test, seed, augmentations };
  try {
    const task = sudokuTask({ ...sizes, difficulty, clues, onProgress: bar.update });
    return { train: task.train, test: task.test };
  } finally {
    bar.done();
  }
}

/** The test split is neither sampled nor augmented, as the official builder leaves it. */
async function fromCsv(
  { subsample, minRating, augmentations, seed }: SudokuCommandOptions,
  [trainCsv, testCsv]: readonly (string | undefined)[],
): Promise<{ train?: Dataset; test?: Dataset }> {
  const box = await boxOfPuzzles((trainCsv ?? testCsv)!);
  const rated = { box, seed, ...(minRating !== undefined && { minRating }) };
  const random = createRandom(seed).fork("augmentations");
  const train =
    trainCsv &&
    (await sampleSudokuCsv(trainCsv, { ...rated, ...(subsample !== undefined && { subsample }) }));
  const test = testCsv && (await sampleSudokuCsv(testCsv, rated));
  return {
    ...(train && { train: augmented(train, { box, name: "train", augmentations, random }) }),
    ...(test && { test: sudokuDataset(test, { box, name: "test" }) }),
  };
}

function augmented(puzzles: readonly SudokuPuzzle[], options: SudokuDatasetOptions): Dataset {
  const bar = progressOf("augmenting", "puzzles");
  try {
    return sudokuDataset(puzzles, { ...options, onProgress: (done) => bar.update(done, puzzles.length) });
  } finally {
    bar.done();
  }
}
