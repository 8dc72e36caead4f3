/** Compiled programs on disk: compiling a training step takes minutes on a GPU, reading it back a second. */
import { createHash } from "node:crypto";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { cpus, homedir } from "node:os";
import { join } from "node:path";
import type { PjrtDevice } from "./client";

/** Folder that holds compiled programs. */
export type CacheFolder = string;

/** The usual place: `$TRM_CACHE`, else `$XDG_CACHE_HOME/tiny-recursive-notebooks/pjrt`. */
export function defaultCacheFolder(): CacheFolder {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return process.env.TRM_CACHE ?? join(base, "tiny-recursive-notebooks", "pjrt");
}

/** Everything that the machine code depends on: program, options, plugin and device. */
export function cacheKey(device: PjrtDevice, stablehlo: string, options: Uint8Array): string {
  const { size, mtimeMs } = statSync(device.api.path);
  const hash = createHash("sha256");
  for (const part of [
    stablehlo,
    options,
    `${device.api.version.major}.${device.api.version.minor} ${device.platform} ${device.platformVersion} ${device.kind}`,
    // XLA reads more flags from here, whatever we tell it.
    process.env.XLA_FLAGS ?? "",
    // Plugins under development keep their version number.
    `${size} ${mtimeMs}`,
    // Code for a CPU is made for this very model.
    `${process.arch} ${cpus()[0]?.model}`,
  ]) {
    hash.update(part).update("\0");
  }
  return hash.digest("hex");
}

/** The program stored under `key`, or null. A damaged file counts as none: loading it could crash the plugin. */
export function readCached(folder: CacheFolder, key: string): Uint8Array | null {
  let file: Buffer;
  try {
    file = readFileSync(join(folder, key));
  } catch {
    return null;
  }
  const program = file.subarray(checksumBytes);
  if (!checksum(program).equals(file.subarray(0, checksumBytes))) return null;
  markUsed(join(folder, key));
  return program;
}

/** Stores a program. Failing to (a full disk, a read-only home) costs only time later, so it is not an error. */
export function writeCached(folder: CacheFolder, key: string, program: Uint8Array): void {
  try {
    mkdirSync(folder, { recursive: true });
    // Written beside and renamed: another process never sees half a file.
    const partial = join(folder, `${key}.${process.pid}.partial`);
    writeFileSync(partial, Buffer.concat([checksum(program), program]));
    renameSync(partial, join(folder, key));
    prune(folder);
  } catch {
    // See above.
  }
}

/** The newest date makes a file the last that {@link prune} would take. */
function markUsed(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // Another process may have pruned it; the program is in memory already.
  }
}

/** A training step for a GPU takes a few megabytes. */
const mostBytes = 1e9;

/** Removes the programs that were not used for longest when the folder grows too large. */
function prune(folder: CacheFolder): void {
  const files = readdirSync(folder)
    .map((name) => ({ path: join(folder, name), ...statSync(join(folder, name)) }))
    .sort((a, b) => b.mtimeMs - a.mtimeMs);
  let bytes = 0;
  for (const { path, size } of files) {
    bytes += size;
    if (bytes > mostBytes) rmSync(path, { force: true });
  }
}

const checksumBytes = 32;

function checksum(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
