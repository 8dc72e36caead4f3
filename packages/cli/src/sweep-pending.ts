import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PendingRun, RunToTrain } from "trm-workbench/experiments";
import { readJsonFile, writeFileAtomic } from "trm-workbench/files";
import { type JobState, jobStates } from "trm-workbench/processes";
import { readSteps, trainingProcess } from "trm-workbench/runs";
import { z } from "zod";

/** How runs stand that are not finished. @throws Error naming a damaged file */
export function pendingRuns<R extends RunToTrain>(runs: readonly R[]): Map<R, PendingRun> {
  const jobs = new Map(runs.map(({ folder }) => [folder, jobOf(folder)]));
  const states = jobStates([...jobs.values()].filter((job) => job !== undefined));
  return new Map(runs.map((run) => [run, pending(run.folder, jobs.get(run.folder), states)]));
}

function pending(
  folder: string,
  job: string | undefined,
  states: ReadonlyMap<string, JobState> | undefined,
): PendingRun {
  const known = { step: readSteps(folder).step.at(-1) ?? 0, ...(job && { job }) };
  const queued = job && states?.get(job);
  if (queued) {
    const by = ["job", job, ...(queued.node ? ["on", queued.node] : [])].join(" ");
    return { ...known, state: queued.state === "PENDING" ? "waiting" : "running", by };
  }
  const by = trainingProcess(folder);
  if (by) return { ...known, state: "running", by };
  if (job && !states) return { ...known, state: "unknown" };
  return { ...known, state: existsSync(join(folder, "config.json")) ? "stopped" : "missing" };
}

/** For people: `step 120, running as job 17_3 on node4`. */
export function pendingText(folder: string, { state, step, job, by }: PendingRun): string {
  const log = job === undefined ? "" : `; its output is in ${jobLog(folder, job)}`;
  const texts = {
    running: `running as ${by}`,
    waiting: `waiting as ${by}`,
    stopped: `stopped${log}`,
    missing: "not begun",
    unknown: `job ${job}, of which Slurm cannot be asked here`,
  };
  return `${step > 0 ? `step ${step}, ` : ""}${texts[state]}`;
}

/** Holds the output of tasks, beside the folders of the runs. */
export const logFolder = (folder: string): string => join(dirname(folder), "slurm");

/** The output of a task. */
export const jobLog = (folder: string, job: string): string => join(logFolder(folder), `${job}.log`);

const jobSchema = z.object({ job: z.string() });
const jobFile = (folder: string): string => join(folder, "slurm.json");

function jobOf(folder: string): string | undefined {
  return existsSync(jobFile(folder)) ? readJsonFile(jobFile(folder), jobSchema).job : undefined;
}

/** Notes the job that is to train a run. */
export function writeJob(folder: string, job: string): void {
  writeFileAtomic(jobFile(folder), `${JSON.stringify({ job })}\n`);
}
