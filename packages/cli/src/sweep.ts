import { extname } from "node:path";
import { Command, Option } from "commander";
import { presets, withFullPaths } from "trm-workbench/config";
import { budgets, catalogue, trainRuns } from "trm-workbench/experiments";
import { onInterrupt } from "trm-workbench/terminal";
import { suggestion } from "trm-workbench/text";
import { deviceOption, type EngineCommandOptions } from "./engine";
import {
  addConfigOptions,
  configChanges,
  jsonOption,
  presetList,
  threadsOption,
  type Variation,
  varyOption,
  wholeNumber,
} from "./options";
import { finish } from "./output";
import { allTables, sweepAll } from "./sweep-all";
import { type ExperimentOptions, sweepExperiment } from "./sweep-experiment";
import { sweepGrid } from "./sweep-grid";
import type { SweepOptions } from "./sweep-plan";
import { addSlurmOptions, type SlurmCommandOptions, slurmTrainer } from "./sweep-slurm";
import { spoken } from "./sweep-spoken";
import { sweepTable } from "./sweep-table";

interface SweepCommandOptions extends EngineCommandOptions, Partial<ExperimentOptions>, SlurmCommandOptions {
  readonly vary: readonly Variation[];
  readonly seeds: number;
  readonly jobs?: number;
  readonly out?: string;
  readonly json?: boolean;
}

/** `trm sweep EXPERIMENT` and `trm sweep PRESET`: many runs side by side in one table. */
export const sweepCommand = new Command("sweep")
  .description(
    "train the variants of an experiment, or every combination of some values, and compare them in one table",
  )
  .argument(
    "[name]",
    `experiment (${catalogue.map(({ name }) => name).join(", ")}), preset (${presetList()}), or a JSON or YAML file; with --status, all experiments when left out`,
  )
  .addOption(
    new Option("--seeds <n>", "runs of each variant, each with another training.seed")
      .argParser(wholeNumber())
      .default(1),
  )
  .addOption(
    new Option("--jobs <n>", "runs at a time; one per core when left out, a single one on a GPU").argParser(
      wholeNumber(),
    ),
  )
  .addOption(
    new Option("--budget <budget>", "amount of training of an experiment; laptop when left out")
      .choices([...budgets])
      .helpGroup("Of an experiment:"),
  )
  .addOption(
    new Option("--fresh", "train runs again that are stored or came with the project").helpGroup(
      "Of an experiment:",
    ),
  )
  .addOption(
    new Option(
      "--publish",
      "copy the finished runs, without weights, to data/runs/published, to be committed",
    ).helpGroup("Of an experiment:"),
  )
  .addOption(varyOption().helpGroup("Of a preset or file:"))
  .addOption(
    new Option(
      "--out <folder>",
      "holds a folder for each run; those that are there already are reused",
    ).helpGroup("Of a preset or file:"),
  )
  .addOption(deviceOption())
  .addOption(threadsOption())
  .addOption(jsonOption())
  .action(async (name: string | undefined, options: SweepCommandOptions, command: Command) => {
    if (name === undefined) return showAll(options, command);
    const experiment = catalogue.find((experiment) => experiment.name === name);
    checkName(name);
    refuse(
      command,
      experiment ? ["vary", "out"] : ["budget", "fresh", "publish"],
      name,
      experiment !== undefined,
    );
    const { budget = "laptop", fresh = false, publish = false, out, device, threads, jobs } = options;
    const signal = onInterrupt();
    // Whoever ends this process by its id ends its runs too.
    process.once("SIGTERM", () => process.exit(143));
    const shared: SweepOptions = {
      changes: withFullPaths(configChanges({ ...options })),
      vary: options.vary,
      seeds: options.seeds,
      device,
      ...(jobs !== undefined && { jobs }),
      ...(threads !== undefined && { threads }),
      signal,
      ...spoken(),
      train: slurmTrainer(name, options, command) ?? trainRuns,
    };
    if (!experiment && out === undefined) {
      command.error("error: required option '--out <folder>' not specified");
    }
    const swept = experiment
      ? await sweepExperiment(experiment, { budget, fresh, publish }, shared)
      : await sweepGrid(name, out ?? "", shared);
    if (options.dryRun) return;
    const runs = swept.variants.flatMap(({ runs }) => runs);
    const interrupted = runs.some((run) => "interrupted" in run);
    const failed = runs.filter((run) => "error" in run).length;
    finish(options.json, { ...swept, interrupted, failed }, () => sweepTable(swept.variants, interrupted));
    if (failed > 0) process.exitCode = 1;
    if (interrupted) process.exitCode = 130;
  });

addSlurmOptions(sweepCommand);
addConfigOptions(sweepCommand);

/** `trm sweep --status`. */
async function showAll(options: SweepCommandOptions, command: Command): Promise<void> {
  if (!options.status) command.error("error: missing required argument 'name'");
  const given = ["vary", "out", "publish"].find((option) => command.getOptionValueSource(option) === "cli");
  if (given) command.error(`error: --${given} needs the name of a sweep`);
  const { budget, device } = options;
  const seeds = command.getOptionValueSource("seeds") === "cli" ? options.seeds : undefined;
  const swept = await sweepAll(
    { ...(budget && { budget }), ...(seeds && { seeds }) },
    {
      changes: withFullPaths(configChanges({ ...options })),
      vary: [],
      seeds: 1,
      device,
      signal: onInterrupt(),
      begin() {},
      train: slurmTrainer("", options, command) ?? trainRuns,
    },
  );
  finish(options.json, { sweeps: swept }, () => allTables(swept));
}

/** A name that is none would be looked for among the presets alone. */
function checkName(name: string): void {
  const known = [...catalogue.map((experiment) => experiment.name), ...Object.keys(presets)];
  if (known.includes(name) || extname(name) !== "") return;
  throw new RangeError(`there is no experiment or preset "${name}"${suggestion(name, known)}`);
}

/** Refuses options that have no meaning here, instead of ignoring them. */
function refuse(command: Command, options: readonly string[], name: string, isExperiment: boolean): void {
  const given = options.find((option) => command.getOptionValueSource(option) === "cli");
  if (!given) return;
  const kinds = isExperiment ? "is an experiment" : "is not an experiment of the catalogue";
  command.error(`error: --${given} does not go with ${name}, which ${kinds}`);
}
