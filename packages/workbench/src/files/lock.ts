import {
  closeSync,
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

/**
 * Takes a lock file, so that two processes do not write to the same files. A lock whose process has ended is taken over.
 *
 * @param path the lock file; it holds the process id and the machine of its owner
 * @param busy beginning of the error that names the owner, such as `runs/first is being trained`
 * @returns releases the lock; to be called in a `finally`
 * @throws Error naming the process that holds the lock and the file to delete should it be wrong
 */
export function takeLock(path: string, busy: string): () => void {
  mkdirSync(dirname(path), { recursive: true });
  const mine = `${process.pid} ${hostname()}\n`;
  if (!created(path, mine)) {
    const owner = readIfThere(path);
    if (owner !== undefined && !isStale(path, owner)) throw busyError(path, busy, owner);
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

function created(path: string, text: string): boolean {
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
function isStale(path: string, owner: string): boolean {
  const [pid, host] = owner.trimEnd().split(" ");
  if (host === undefined) return Date.now() - statSync(path).mtimeMs > WRITING_MS;
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

function busyError(path: string, busy: string, owner: string | undefined): Error {
  const [pid, host] = owner?.trimEnd().split(" ") ?? [];
  const who = host ? `process ${pid} on ${host}` : "another process";
  return new Error(`${busy} by ${who} already; if that is wrong, delete ${path}`);
}
