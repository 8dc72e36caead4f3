import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type RunToTrain, removeRun, type TrainRuns } from "trm-workbench/experiments";
import { takeLock, writeFileAtomic } from "trm-workbench/files";
import { slurm, submitJob } from "trm-workbench/processes";
import type { EngineCommandOptions } from "./engine";
import { wholeNumber } from "./options";
import { jobLog, logFolder, pendingRuns, writeJob } from "./sweep-pending";

/** Options of a sweep on a cluster. */
export interface SlurmCommandOptions extends EngineCommandOptions {
  readonly slurm?: boolean;
  readonly partition?: string;
  readonly time?: string;
  readonly gpus?: string;
  readonly arrayLimit?: number;
  readonly dryRun?: boolean;
  readonly status?: boolean;
}

/** Seconds before the end of its time at which a task is told to save a checkpoint; Slurm may be a minute early. */
const NOTICE = 120;

/** Gives a command the options of {@link SlurmCommandOptions}. */
export function addSlurmOptions(command: Command): void {
  const options = [
    new Option("--slurm", "submit the missing runs as a job array, and end").conflicts("jobs"),
    new Option("--partition <name>", "where to run; the cluster's default when left out"),
    new Option(
      "--time <limit>",
      "of each task, as Slurm writes it: minutes, 12:00:00, 1-12; a run that needs more goes on in another task",
    ).argParser(timeLimit),
    new Option("--gpus <n>", "GPUs of each task, such as 1 or a100:1; it then computes with --device pjrt"),
    new Option("--array-limit <n>", "tasks at a time").argParser(wholeNumber()),
    new Option("--dry-run", "print the batch script and submit nothing").conflicts("json"),
    new Option("--status", "the table as it is now, and how each unfinished run stands").conflicts([
      "slurm",
      "jobs",
      "fresh",
    ]),
  ];
  for (const option of options) command.addOption(option.helpGroup("On a cluster with Slurm:"));
}

function timeLimit(text: string): string {
  if (/^(\d+-)?\d+(:\d+){0,2}$/.test(text)) return text;
  throw new InvalidArgumentError("Write minutes, hours:minutes:seconds or days-hours.");
}

/** What the options ask for instead of training here. */
export function slurmTrainer(
  name: string,
  options: SlurmCommandOptions,
  command: Command,
): TrainRuns | undefined {
  const { gpus, device } = options;
  const settings = { ...options, name, ...(gpus && device === "auto" && { device: "pjrt" as const }) };
  if (options.status) return async (runs) => pendingRuns(runs);
  if (options.slurm) return options.dryRun ? printScript(settings) : submitRuns(settings);
  const needsSlurm = ["partition", "time", "gpus", "arrayLimit", "dryRun"] as const;
  const given = command.options.find((option) =>
    needsSlurm.some((field) => field === option.attributeName() && options[field] !== undefined),
  );
  if (given) command.error(`error: ${given.long} goes with --slurm`);
  return undefined;
}

/** A sweep as Slurm gets it. */
type Settings = SlurmCommandOptions & { readonly name: string };

function printScript(settings: Settings): TrainRuns {
  return async (runs) => {
    const free = freeRuns(runs);
    if (free.length > 0) process.stdout.write(slurmScript(free, settings));
    else console.error("there is no run to submit");
    return pendingRuns(runs);
  };
}

/** Trains runs as tasks of one job array, and leaves out those that a job or process is to train already. */
function submitRuns(settings: Settings): TrainRuns {
  return async (runs) => {
    if (runs.length === 0) return new Map();
    const lock = join(logFolder(runs[0].folder), "submit.lock");
    const release = takeLock(lock, "another sweep is being submitted", slurm);
    try {
      const free = freeRuns(runs);
      if (free.length > 0) submitArray(free, settings);
      return pendingRuns(runs);
    } finally {
      release();
    }
  };
}

/** The runs that nobody is to train. @throws Error when Slurm has some of them and does not answer */
function freeRuns(runs: readonly RunToTrain[]): RunToTrain[] {
  const pending = pendingRuns(runs);
  const unknown = [...pending].find(([, { state }]) => state === "unknown");
  if (unknown) {
    const [{ folder }, { job }] = unknown;
    throw new Error(`Slurm does not say whether job ${job} still trains ${folder}: try again later`);
  }
  return runs.filter((run) => ["stopped", "missing"].includes(pending.get(run)!.state));
}

function submitArray(runs: readonly RunToTrain[], settings: Settings): void {
  for (const { folder, config, restart } of runs) {
    if (restart) removeRun(folder);
    const file = join(folder, "config.json");
    if (!existsSync(file)) writeFileAtomic(file, `${JSON.stringify(config, null, 2)}\n`);
  }
  const job = submitJob(slurmScript(runs, settings));
  for (const [task, { folder }] of runs.entries()) writeJob(folder, `${job}_${task}`);
  console.error(`submitted ${runs.length} runs as job ${job}`);
}

/** The batch script of a job array: each task trains one of the runs. */
function slurmScript(
  runs: readonly RunToTrain[],
  { name, partition, time, gpus, arrayLimit, threads, device }: Settings,
): string {
  const log = jobLog(resolve(runs[0].folder).replaceAll("%", "%%"), "%A_%a");
  const fields = {
    "job-name": `trm-${name.replace(/[^\w.-]+/g, "-")}`,
    array: `0-${runs.length - 1}${arrayLimit === undefined ? "" : `%${arrayLimit}`}`,
    partition,
    time,
    gpus,
    "cpus-per-task": threads,
    output: `"${log}"`,
    "open-mode": "append",
    signal: `B:USR1@${NOTICE}`,
  };
  const program = [process.execPath, ...process.execArgv, resolve(process.argv[1]), "sweep-task"];
  return [
    "#!/bin/bash",
    ...Object.entries(fields).flatMap(([field, value]) =>
      value === undefined ? [] : [`#SBATCH --${field}=${value}`],
    ),
    "#SBATCH --requeue",
    "runs=(",
    ...runs.map(({ folder, name }) => `  ${quoted(resolve(folder))} # ${name.replace(/\s+/g, " ")}`),
    ")",
    `exec ${program.map(quoted).join(" ")} "\${runs[$SLURM_ARRAY_TASK_ID]}" \\`,
    `  --device ${device} --threads ${threads ?? "$SLURM_CPUS_ON_NODE"}`,
    "",
  ].join("\n");
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
