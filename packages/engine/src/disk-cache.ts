/** Compiled programs on disk, in folders that several processes read, fill and tidy at the same time. */
import { randomBytes } from "node:crypto";
import { readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";

/** A name to write under before the file gets its own by a rename, so that no other process ever reads half of it. */
export function partialName(path: string): string {
  return `${path}.${randomBytes(6).toString("hex")}.partial`;
}

/** The newest date makes a file the last that {@link prune} would take. */
export function markUsed(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // The folder is read-only, or another process has just pruned the file.
  }
}

/** Nobody compiles for longer: what is left of a killed process. */
const oldestPartialMs = 60 * 60 * 1000;

/** Removes what was not used for longest when the folder holds more than `mostBytes`, and what killed processes left. */
export function prune(folder: string, mostBytes: number): void {
  const files = readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    // Another process may have renamed or removed it since the folder was read.
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat?.isFile() ? [{ path, size: stat.size, used: stat.mtimeMs }] : [];
  });
  let bytes = 0;
  for (const { path, size, used } of files.sort((a, b) => b.used - a.used)) {
    const partial = path.endsWith(".partial");
    if (!partial) bytes += size;
    if (partial ? Date.now() - used > oldestPartialMs : bytes > mostBytes) rmSync(path, { force: true });
  }
}
