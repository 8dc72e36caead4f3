import { availableParallelism } from "node:os";
import { Command, Option } from "commander";
import { onInterrupt } from "../notebook/interrupt";
import { mergeConfig } from "../runs";
import { deviceOption, type EngineCommandOptions } from "./engine";
import {
  addConfigOptions,
  configChanges,
  jsonOption,
  presetList,
  readConfig,
  threadsOption,
  type Variation,
  varyOption,
  wholeNumber,
  withFullPaths,
} from "./options";
import { count, duration, finish, numberTable, percent } from "./output";
import { type PlannedRun, planSweep, type Variant } from "./sweep-plan";
import { type FinishedRun, finishedRun, type RunOutcome, trainInChild } from "./sweep-run";

interface SweepCommandOptions extends EngineCommandOptions {
  readonly vary: readonly Variation[];
  readonly seeds: number;
  readonly jobs: number;
  readonly out: string;
  readonly json?: boolean;
}

/** `trm sweep PRESET`: every combination of some values, each trained with several seeds, side by side in one table. */
export const sweepCommand = new Command("sweep")
  .description("train every combination of some values with several seeds, and compare them in one table")
  .argument("<config>", `preset (${presetList()}) or a JSON or YAML file`)
  .addOption(varyOption())
  .addOption(
    new Option("--seeds <n>", "runs of each combination, each with another training.seed")
      .argParser(wholeNumber())
      .default(1),
  )
  .addOption(new Option("--jobs <n>", "runs at a time").argParser(wholeNumber()).default(1))
  .addOption(
    new Option(
      "--out <folder>",
      "holds a folder for each run; those that are there already are reused",
    ).makeOptionMandatory(),
  )
  .addOption(deviceOption())
  .addOption(threadsOption())
  .addOption(jsonOption())
  .action(async (name: string, options: SweepCommandOptions) => {
    const { vary, seeds, jobs, out } = options;
    const changes = withFullPaths(configChanges({ ...options }));
    const base = mergeConfig(withFullPaths(readConfig(name)), changes);
    const variants = planSweep(base, vary, seeds, out);
    const signal = onInterrupt();
    // Whoever ends this process by its id ends its runs too.
    process.once("SIGTERM", () => process.exit(143));
    const outcomes = await runAll(variants, options, signal);
    const results = variants.map((variant) => resultOf(variant, outcomes));
    const interrupted = results.some(({ runs }) => runs.some((run) => "interrupted" in run));
    const failed = [...outcomes.values()].filter((outcome) => "error" in outcome).length;
    finish(options.json, { folder: out, jobs, interrupted, failed, variants: results }, () =>
      summary(name, results, interrupted),
    );
    if (failed > 0) process.exitCode = 1;
    if (interrupted) process.exitCode = 130;
  });

addConfigOptions(sweepCommand);

/** Trains what is not finished yet, `jobs` runs at a time. */
async function runAll(
  variants: readonly Variant[],
  options: SweepCommandOptions,
  signal: AbortSignal,
): Promise<Map<PlannedRun, RunOutcome>> {
  const { jobs, device } = options;
  const threads =
    options.threads ?? (jobs > 1 ? Math.max(1, Math.floor(availableParallelism() / jobs)) : null);
  const trainOptions = ["--device", device, ...(threads === null ? [] : ["--threads", String(threads)])];
  // Seed by seed, so that an early look at the folder compares all variants.
  const bySeed = variants[0].runs.flatMap((_, seed) => variants.map(({ runs }) => runs[seed]));
  const outcomes = new Map<PlannedRun, RunOutcome>();
  const say = (run: PlannedRun, line: string) => console.error(`${run.name}: ${line}`);
  const end = (run: PlannedRun, outcome: RunOutcome) => {
    outcomes.set(run, outcome);
    say(run, `${outcomeText(outcome)} (${outcomes.size} of ${bySeed.length})`);
  };
  const waiting: PlannedRun[] = [];
  for (const run of bySeed) {
    const finished = finishedRun(run.folder);
    if (finished) end(run, { ...finished, reused: true });
    else waiting.push(run);
  }
  const worker = async () => {
    for (let run = waiting.shift(); run && !signal.aborted; run = waiting.shift()) {
      const outcome = trainInChild(run, { trainOptions, signal, onLine: say });
      end(run, await outcome.catch((error: Error): RunOutcome => ({ error: error.message })));
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  return outcomes;
}

function outcomeText(outcome: RunOutcome): string {
  if ("error" in outcome) return `failed: ${outcome.error}`;
  if ("interrupted" in outcome) return "stopped";
  return `solved ${percent(outcome.puzzles)} after ${duration(outcome.seconds)}${outcome.reused ? ", reused" : ""}`;
}

type RunReport = { readonly seed: number; readonly folder: string } & RunOutcome;

interface VariantResult {
  readonly values: Variant["values"];
  readonly runs: readonly RunReport[];
  /** Over the runs that finished: share of held-out puzzles solved. */
  readonly solved?: { readonly mean: number; readonly least: number; readonly most: number };
  readonly steps?: number;
  /** Mean seconds of training. */
  readonly seconds?: number;
}

function resultOf({ values, runs }: Variant, outcomes: ReadonlyMap<PlannedRun, RunOutcome>): VariantResult {
  const reports = runs.map((run): RunReport => {
    const outcome = outcomes.get(run) ?? { interrupted: true };
    return { seed: run.seed, folder: run.folder, ...outcome };
  });
  const finished = reports.filter(
    (run): run is RunReport & FinishedRun & { reused: boolean } => "step" in run,
  );
  if (finished.length === 0) return { values, runs: reports };
  const solved = finished.map(({ puzzles }) => puzzles);
  return {
    values,
    runs: reports,
    solved: { mean: mean(solved), least: Math.min(...solved), most: Math.max(...solved) },
    steps: finished[0].step,
    seconds: mean(finished.map(({ seconds }) => seconds)),
  };
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;

function summary(name: string, results: readonly VariantResult[], interrupted: boolean): string {
  const rows = results.map(({ values, runs, solved, steps, seconds }) => {
    const finished = runs.filter((run) => "step" in run).length;
    const label = Object.entries(values).map(([field, value]) => `${field} ${value}`);
    return [
      label.join(", ") || name,
      finished === runs.length ? String(finished) : `${finished} of ${runs.length}`,
      ...(solved && steps !== undefined && seconds !== undefined
        ? [
            percent(solved.mean),
            `${percent(solved.least)} to ${percent(solved.most)}`,
            count(steps),
            duration(seconds),
          ]
        : ["", "", "", ""]),
    ];
  });
  const table = numberTable(["variant", "seeds", "solved (ema)", "range", "steps", "time"], rows);
  const failures = results.flatMap(({ runs }) =>
    runs.flatMap((run) => ("error" in run ? [`${run.folder} failed: ${run.error}`] : [])),
  );
  return [table, ...failures, ...(interrupted ? ["stopped: the same command goes on"] : [])].join("\n");
}
