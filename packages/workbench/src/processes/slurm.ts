import { spawnSync } from "node:child_process";
import type { Scheduler } from "../files";

/** A job that has not ended. */
export interface JobState {
  /** As `squeue` calls it: PENDING, RUNNING, COMPLETING and so on. */
  readonly state: string;
  /** Empty while it waits. */
  readonly node: string;
}

/** The job of this process, `17` or, for a task of an array, `17_3`; undefined outside of Slurm. */
export function ownJob(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const { SLURM_JOB_ID: job, SLURM_ARRAY_JOB_ID: array, SLURM_ARRAY_TASK_ID: task } = env;
  return array && task ? `${array}_${task}` : job;
}

/** The owners of locks, as Slurm knows them: a job, and how many times it has been started again. */
export const slurm: Scheduler = {
  job() {
    const job = ownJob();
    return job && `${job}:${process.env.SLURM_RESTART_COUNT ?? 0}`;
  },
  hasEnded(owner) {
    const [job] = owner.split(":");
    // Slurm starts a job again only after it has ended its processes, or given up their node.
    if (job === ownJob()) return owner !== slurm.job();
    const states = jobStates([job]);
    const state = states?.get(job)?.state;
    return states && (state === undefined || state === "PENDING");
  },
};

/**
 * The state of jobs, or of the tasks of job arrays, that have not ended.
 * @returns undefined where Slurm cannot be asked
 */
export function jobStates(jobs: readonly string[]): ReadonlyMap<string, JobState> | undefined {
  if (jobs.length === 0) return new Map();
  const ids = [...new Set(jobs.map((job) => job.split("_")[0]))].join(",");
  const { status, stdout, stderr } = slurmCommand("squeue", [
    ...["--noheader", "--array", `--jobs=${ids}`, "--format=%i %T %N"],
  ]);
  // Of a single job that ended some minutes ago, Slurm has forgotten the number.
  if (status !== 0) return /Invalid job id/.test(stderr) ? new Map() : undefined;
  const rows = stdout.split("\n").map((line) => line.trim().split(/\s+/));
  return new Map(rows.filter(([id]) => id).map(([id, state, node = ""]) => [id, { state, node }]));
}

/**
 * Submits a script as a batch job.
 * @returns the job's number
 * @throws Error with what Slurm says against it, or that there is no Slurm here
 */
export function submitJob(script: string): string {
  const { status, stdout, stderr, error } = slurmCommand("sbatch", ["--parsable"], script);
  if ((error as NodeJS.ErrnoException | undefined)?.code === "ENOENT") {
    throw new Error("there is no sbatch on this machine: submit on a machine of a cluster with Slurm");
  }
  if (status !== 0) throw new Error(stderr.trim() || `sbatch failed: ${error?.message ?? status}`);
  // `17`, or `17;cluster`.
  return stdout.trim().split(";")[0];
}

/**
 * Puts the job of this process back into the queue, to start again. A job that is being cancelled stays so.
 * @returns whether Slurm will start it again
 */
export function requeueOwnJob(): boolean {
  const job = ownJob();
  if (job === undefined || jobStates([job])?.get(job)?.state !== "RUNNING") return false;
  return slurmCommand("scontrol", ["requeue", job]).status === 0;
}

function slurmCommand(command: string, args: readonly string[], input?: string) {
  return spawnSync(command, args, { input, encoding: "utf8", timeout: 60_000 });
}
