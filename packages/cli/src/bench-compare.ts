import { type Command, InvalidArgumentError, Option } from "commander";
import {
  benchRows,
  findPeer,
  type Machine,
  machine,
  type Opponent,
  opponents,
  quickRows,
  type RaceResult,
  type RowResult,
  raceSeed,
  raceTable,
  rowsLike,
  rowTable,
  runBenchmark,
  saveRow,
} from "trm-bench/bench";
import { namedLines } from "trm-workbench/text";
import { anyNumber, wholeNumber } from "./options";
import { finish } from "./output";

/** Options of the comparison with PyTorch and plain tfjs. */
export interface CompareOptions {
  readonly rows?: string;
  readonly quick?: boolean;
  readonly pairs: number;
  readonly against: readonly Opponent[];
  readonly cold?: boolean;
  readonly only?: "steps" | "race";
  readonly timeTo?: number;
  readonly seeds: number;
  readonly precision?: "float32" | "bfloat16";
  readonly threads?: number;
  readonly json?: boolean;
  readonly save?: string;
}

/** Options of the comparison. */
export function addCompareOptions(command: Command): void {
  const group = "Comparison with PyTorch and plain tfjs (without a preset):";
  const options = [
    new Option(
      "--rows <words>",
      'rows whose names have these words, with commas between: "paper-8 mlp,4x4-64"',
    ),
    new Option("--quick", "each scale once: training steps with the MLP mixer, without the largest batch"),
    new Option("--pairs <n>", "how often each is measured").argParser(wholeNumber()).default(5),
    new Option("--against <names>", `with commas: ${opponents.join(", ")}`)
      .argParser(opponentsNamed)
      .default(opponents, opponents.join(",")),
    new Option(
      "--cold",
      "compile both sides from scratch; otherwise both use the programs of earlier benchmarks",
    ),
    new Option(
      "--time-to <share>",
      "also train on 6x6 Sudoku until so many held-out puzzles are solved, such as 0.95",
    ).argParser(share),
    new Option("--seeds <n>", "races to that share").argParser(wholeNumber()).default(1),
    new Option("--precision <type>", "of the races; the preset's when left out").choices([
      "float32",
      "bfloat16",
    ]),
    new Option(
      "--save <folder>",
      "keep what was compared with PyTorch in a file of this machine, row by row",
    ),
    new Option("--only <part>", "steps, or the race alone").choices(["steps", "race"]),
  ];
  for (const option of options) command.addOption(option.helpGroup(group));
}

/** `npm run bench`: our steps against those of the same model in PyTorch and in plain tfjs, alternately in one go. */
export async function compare(options: CompareOptions): Promise<void> {
  const { pairs, against, only, seeds, precision, cold = false, json } = options;
  const where = machine();
  const threads = options.threads ?? where.cores;
  const note = (line: string) => process.stderr.write(`${line}\n`);
  const peer = findPeer();
  if ("missing" in peer && against.includes("peer")) note(`without PyTorch: ${peer.missing}`);

  const rows = only === "race" ? [] : chosenRows(options);
  const chosen = "missing" in peer ? against.filter((name) => name !== "peer") : against;
  let saved: string | undefined;
  const results = await runBenchmark(rows, { pairs, threads, cold, against: chosen }, (result) => {
    const theirs = Object.entries(result.others).map(
      ([name, { median }]) => `, ${name} ${median.toFixed(1)} ms`,
    );
    note(`${result.row}: ${result.ours.median.toFixed(1)} ms${theirs.join("")}`);
    if (options.save) saved = saveRow(options.save, where, { pairs, threads }, result) ?? saved;
    for (const problem of result.problems) note(`  ${problem}`);
  });

  const races: RaceResult[] = [];
  const target = options.timeTo ?? (only === "race" ? 0.95 : undefined);
  for (let seed = 1; target !== undefined && only !== "steps" && seed <= seeds; seed++) {
    races.push(await raceSeed({ seed, target, evaluateEvery: 30, threads, precision }));
    note(`race, seed ${seed}: ${races.at(-1)?.ours.seconds.toFixed(0)} s`);
  }
  if (saved) note(`saved in ${saved}`);
  finish(json, { machine: where, threads, pairs, rows: results, races }, () =>
    summary(where, threads, results, races),
  );
}

function chosenRows({ rows, quick }: CompareOptions) {
  if (rows !== undefined) return rowsLike(rows.split(",").map((pattern) => pattern.trim()));
  return quick ? quickRows : benchRows;
}

function share(text: string): number {
  const value = anyNumber(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError("It must be a share above 0 and up to 1, such as 0.95.");
}

function opponentsNamed(text: string): Opponent[] {
  const names = text.split(",").filter(Boolean);
  const wrong = names.find((name) => !opponents.some((known) => known === name));
  if (wrong !== undefined)
    throw new InvalidArgumentError(`There is no "${wrong}"; there are ${opponents.join(", ")}.`);
  return names as Opponent[];
}

function summary(
  where: Machine,
  threads: number,
  results: readonly RowResult[],
  races: readonly RaceResult[],
): string {
  const about = namedLines([
    ["date", where.date],
    ["processor", `${where.cores} x ${where.processor} (${where.instructions.join(", ")})`],
    ["threads", String(threads)],
    ["system", `${where.system}, ${where.memoryGb} GB, Node ${where.node}`],
    ["load before", `${where.loadBefore.toFixed(1)} processes`],
  ]);
  return [
    about,
    ...(results.length > 0 ? [rowTable(results)] : []),
    ...(races.length > 0 ? [raceTable(races)] : []),
  ].join("\n\n");
}
