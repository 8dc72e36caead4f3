import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { isRunning, temporaryName } from "./atomic";

/** The locks that this process holds: its number alone may be that of a dead process before a restart. */
const held = new Set<string>();

/** What starts processes on many machines and knows which of them have ended, such as Slurm. */
export interface Scheduler {
  /** Names the job of this process; undefined outside of one. */
  readonly job: () => string | undefined;
  /** Says whether a job has ended, as far as can be known. */
  readonly hasEnded: (job: string) => boolean | undefined;
}

/** A lock that another process holds. */
export class LockedError extends Error {}

/**
 * Takes a lock file, so that two processes do not write to the same files. A lock whose process has ended is taken over.
 *
 * @param path the lock file; it holds the process id, the machine and the job of its owner
 * @param busy beginning of the error that names the owner, such as `runs/first is being trained`
 * @param scheduler tells of processes on other machines; without one, their locks hold
 * @returns releases the lock; to be called in a `finally`
 * @throws LockedError naming the process that holds the lock and the file to delete should it be wrong
 */
export function takeLock(path: string, busy: string, scheduler?: Scheduler): () => void {
  mkdirSync(dirname(path), { recursive: true });
  const mine = `${[process.pid, hostname(), scheduler?.job()].join(" ").trimEnd()}\n`;
  if (!created(path, mine)) {
    const owner = readIfThere(path);
    if (owner !== undefined && !isStale(path, owner, scheduler)) throw busyError(path, busy, owner);
    setAside(path, owner);
    if (!created(path, mine)) throw busyError(path, busy, readIfThere(path));
  }
  held.add(path);
  let isMine = true;
  return () => {
    if (!isMine) return;
    isMine = false;
    held.delete(path);
    rmSync(path, { force: true });
  };
}

/** The process that holds a lock, such as `process 17 on node4`; undefined where it is free. */
export function lockOwner(path: string, scheduler?: Scheduler): string | undefined {
  const owner = readIfThere(path);
  return owner === undefined || isStale(path, owner, scheduler) ? undefined : ownerText(owner);
}

/** Makes a lock whole, so that a process killed meanwhile leaves none without its owner. False where there is one. */
function created(path: string, text: string): boolean {
  const whole = temporaryName(path);
  try {
    writeFileSync(whole, text);
    linkSync(whole, path);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "EEXIST") return false;
    if (["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(code)) return createdEmpty(path, text);
    throw error;
  } finally {
    rmSync(whole, { force: true });
  }
}

/** The same on a file system without hard links: the lock has no owner for a moment. */
function createdEmpty(path: string, text: string): boolean {
  let file: number;
  try {
    file = openSync(path, "wx");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
  try {
    writeFileSync(file, text);
  } catch (error) {
    // An empty lock, as a full disk leaves it, would block the next try.
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  return true;
}

/** The text of a lock; undefined where it was released meanwhile. */
function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Writing a lock takes far less; one without an owner that is older was left by a process killed between two calls. */
const WRITING_MS = 10_000;

/** A process of another machine cannot be seen from here: its lock holds, and so does one that is being written. */
function isStale(path: string, owner: string, scheduler?: Scheduler): boolean {
  const [pid, host, job] = owner.trimEnd().split(" ");
  if (host === undefined) return Date.now() - statSync(path).mtimeMs > WRITING_MS;
  if (job !== undefined && scheduler?.hasEnded(job)) return true;
  if (host !== hostname()) return false;
  return Number(pid) === process.pid ? !held.has(path) : !isRunning(Number(pid));
}

/** Removes a stale lock, unless another process has just taken it over: then its new lock goes back. */
function setAside(path: string, stale: string | undefined): void {
  const aside = temporaryName(path);
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  const moved = readFileSync(aside, "utf8");
  if (moved !== stale) created(path, moved);
  rmSync(aside, { force: true });
}

function busyError(path: string, busy: string, owner: string | undefined): LockedError {
  return new LockedError(`${busy} by ${ownerText(owner)} already; if that is wrong, delete ${path}`);
}

function ownerText(owner: string | undefined): string {
  const [pid, host] = owner?.trimEnd().split(" ") ?? [];
  return host ? `process ${pid} on ${host}` : "another process";
}
