import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * Writes a file so that its name always stands for a whole file, the old one or the new one, whenever the process is
 * killed or the power fails: the bytes go to a temporary name beside it, reach the disk, and are then renamed.
 *
 * @param chunks text, bytes, or any number of either in order, so that a large file is never whole in memory.
 */
export function writeFileAtomic(path: string, chunks: Chunk | Iterable<Chunk>): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = temporaryName(path);
  try {
    const file = openSync(temporary, "wx");
    try {
      const list = typeof chunks === "string" || chunks instanceof Uint8Array ? [chunks] : chunks;
      for (const chunk of list) writeAll(file, chunk);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/** A piece of a file to write. */
export type Chunk = string | Uint8Array;

/**
 * Makes a folder so that its name always stands for a complete folder. `fill` writes into a temporary folder beside it.
 *
 * @param options.replace what to do when the folder exists: replace it, or throw (the default). Two renames are needed to
 * replace one, so a process killed exactly between them leaves the old folder under its temporary name.
 */
export function writeFolderAtomic(
  path: string,
  fill: (temporary: string) => void,
  options: { replace?: boolean } = {},
): void {
  if (existsSync(path) && !options.replace) throw new Error(`${path}: this folder exists already`);
  mkdirSync(dirname(path), { recursive: true });
  const temporary = temporaryName(path);
  try {
    mkdirSync(temporary);
    fill(temporary);
    syncTree(temporary);
    if (existsSync(path)) {
      const old = temporaryName(path);
      renameSync(path, old);
      renameSync(temporary, path);
      rmSync(old, { recursive: true, force: true });
    } else {
      renameSync(temporary, path);
    }
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/** Removes a folder so that its name never stands for half of it: it loses its name first, then its files. */
export function removeFolderAtomic(path: string): void {
  const temporary = temporaryName(path);
  renameSync(path, temporary);
  rmSync(temporary, { recursive: true, force: true });
}

/**
 * Removes what killed processes of this machine left half written in a folder. Call it only for a folder that no process
 * on another machine is writing to.
 */
export function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const [, writer, since] = /^\..+\.(\d+)-(\d+)-\d+\.tmp$/.exec(name) ?? [];
    if (writer === undefined) continue;
    const isWriting = Number(writer) === process.pid ? Number(since) === started : isRunning(Number(writer));
    if (!isWriting) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/** In a container, a new process often has the number of the one that was killed. */
const started = Date.now();
let written = 0;

/** In the same folder, because a rename is atomic only within one file system; with our process, for the sweep. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}-${started}-${written++}.tmp`);
}

function writeAll(file: number, chunk: Chunk): void {
  const bytes = typeof chunk === "string" ? Buffer.from(chunk, "utf8") : chunk;
  for (let done = 0; done < bytes.byteLength; ) {
    done += writeSync(file, bytes, done, Math.min(bytes.byteLength - done, 1 << 30));
  }
}

function syncTree(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) syncTree(path);
    else syncPath(path, "r+");
  }
  syncFolder(folder);
}

function syncFolder(folder: string): void {
  // Windows cannot open a folder; there the rename itself is journaled.
  if (process.platform !== "win32") syncPath(folder, "r");
}

function syncPath(path: string, mode: "r" | "r+"): void {
  const file = openSync(path, mode);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** True if a process of this machine is alive. */
export function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
