import { join } from "node:path";
import { type Command, Option } from "commander";
import { type Dataset, exampleCount, groupCount } from "trm/batches";
import {
  checkReplaceable,
  digestOf,
  downloadSource,
  type FolderContent,
  type SharedPuzzles,
  type SourceName,
  sharedPuzzles,
  sharedText,
  writeDatasetFolder,
} from "trm-workbench/data";
import { refuseExisting } from "trm-workbench/files";
import { type Progress, progress } from "trm-workbench/terminal";
import { count, duration, namedLines } from "trm-workbench/text";
import { jsonOption, wholeNumber } from "./options";
import { finish, progressOf } from "./output";

/** More generated puzzles than a set of JavaScript can tell apart. */
export const MOST_PUZZLES = 16_000_000;

/** Options of every builder. */
export interface BuilderOptions {
  readonly out: string;
  readonly replace?: boolean;
  readonly seed: number;
  readonly downloads: string;
  readonly json?: boolean;
}

/** Gives a builder its common options. */
export function addBuilderOptions(command: Command, seed: number): void {
  command
    .addOption(new Option("--out <folder>", "the dataset folder to write").makeOptionMandatory())
    .addOption(new Option("--replace", "replace the dataset folder if it exists"))
    .addOption(
      new Option("--seed <n>", "seeds everything that is drawn").argParser(wholeNumber(0)).default(seed),
    )
    .addOption(
      new Option("--downloads <folder>", "where downloaded files are kept").default("data/downloads"),
    )
    .addOption(jsonOption());
}

/** Refuses at once what would only fail after long work. */
export function checkOut({ out, replace }: BuilderOptions): void {
  if (replace) checkReplaceable(out);
  else refuseExisting([out], "choose another folder, or add --replace");
}

/** Exactly one of these options says where the puzzles come from. */
export function requireOneSource(command: Command, given: Readonly<Record<string, unknown>>): void {
  const named = Object.entries(given).filter(([, value]) => value !== undefined && value !== false);
  if (named.length === 1) return;
  const all = Object.keys(given).join(", ");
  const problem =
    named.length === 0
      ? `say where the puzzles come from: ${all}`
      : `${named.map(([flag]) => flag).join(" and ")} cannot be combined`;
  command.error(`error: ${problem}`);
}

/** Refuses options that only belong to another source. */
export function refuseWithout(
  command: Command,
  needed: string,
  given: Readonly<Record<string, unknown>>,
): void {
  const extra = Object.entries(given).find(([, value]) => value !== undefined);
  if (extra) command.error(`error: ${extra[0]} only works with ${needed}`);
}

/** Downloads a source unless it is there already, with a bar for each file. */
export async function downloaded(name: SourceName, folder: string): Promise<string[]> {
  let bar: Progress | undefined;
  let current = "";
  const megabytes = (bytes: number) => Math.round(bytes / 1e5) / 10;
  try {
    return await downloadSource(name, join(folder, name), {
      onProgress({ file, received, total }) {
        if (file !== current) {
          bar?.done();
          current = file;
          bar = progress(megabytes(total ?? 0), { label: `downloading ${file}`, unit: "MB" });
        }
        bar?.update(megabytes(received));
      },
    });
  } finally {
    bar?.done();
  }
}

/** Tells on stderr which test puzzles are training puzzles, too. */
export function tellShared(train?: readonly Dataset[], test?: readonly Dataset[]): SharedPuzzles | undefined {
  if (!train || !test) return undefined;
  const shared = sharedPuzzles(train, test);
  const text = sharedText(shared);
  if (text) console.error(`trm: ${text}`);
  return shared;
}

/** Writes the folder and says what is in it. */
export function writeAndReport(
  content: FolderContent,
  options: BuilderOptions,
  start: number,
  extra: object = {},
): void {
  const bar = progressOf("writing", "tokens");
  try {
    writeDatasetFolder(options.out, content, { replace: options.replace ?? false, onProgress: bar.update });
  } finally {
    bar.done();
  }
  const seconds = (performance.now() - start) / 1000;
  const sizes = (dataset: Dataset) => ({
    groups: groupCount(dataset),
    puzzles: dataset.puzzleIdentifiers.length,
    examples: exampleCount(dataset),
  });
  const splits = Object.fromEntries(
    (["train", "test"] as const).flatMap((split) => (content[split] ? [[split, sizes(content[split])]] : [])),
  );
  const some = content.train ?? content.test;
  const result = {
    folder: options.out,
    ...splits,
    seqLen: some?.seqLen,
    vocabSize: some?.vocabSize,
    digests: Object.fromEntries(
      (["train", "test"] as const).flatMap((split) => {
        const dataset = content[split];
        return dataset ? [[split, digestOf([dataset])]] : [];
      }),
    ),
    ...extra,
    seconds,
  };
  finish(options.json, result, () =>
    namedLines([
      ["folder", options.out],
      ...Object.entries(splits).map(([split, { groups, examples }]): [string, string] => [
        split,
        `${count(groups)} puzzles, ${count(examples)} examples with their augmentations`,
      ]),
      ["time", duration(seconds)],
    ]),
  );
}
