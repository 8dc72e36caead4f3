/** Compiled programs on disk, in folders that several processes read, fill and tidy at the same time. */
import { randomBytes } from "node:crypto";
import { readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";

/** Temporary name of a file that is being written. A rename then gives it its own name, so no process reads half of it. */
export function partialName(path: string): string {
  return `${path}.${randomBytes(6).toString("hex")}.partial`;
}

/** Dates a file now, so that {@link prune} removes it last. */
export function markUsed(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // The folder is read-only, or another process has just pruned the file.
  }
}

/** Older partial files are those of killed processes: no compilation takes longer. */
const oldestPartialMs = 60 * 60 * 1000;

/** Removes the least recently used files of a folder above `mostBytes`, and the partial files of killed processes. */
export function prune(folder: string, mostBytes: number): void {
  const files = readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    // Another process may have renamed or removed it since the folder was read.
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat?.isFile() ? [{ path, size: stat.size, used: stat.mtimeMs }] : [];
  });
  let bytes = 0;
  for (const { path, size, used } of files.sort((a, b) => b.used - a.used)) {
    const partial = /\.partial(\.\d+\.o)?$/.test(path);
    if (!partial) bytes += size;
    if (partial ? Date.now() - used > oldestPartialMs : bytes > mostBytes) rmSync(path, { force: true });
  }
}
