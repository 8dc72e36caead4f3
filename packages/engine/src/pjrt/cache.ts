/** Compiled programs on disk: compiling a training step takes minutes on a GPU, reading it back a second. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { markUsed, partialName, prune } from "../disk-cache";
import { defaultCacheFolder, settings, xlaFlags } from "../settings";
import type { PjrtDevice } from "./client";

/** Folder that holds compiled programs. */
export type CacheFolder = string;

/** The folder that the settings name. */
export function pjrtCache(): CacheFolder {
  return settings().pjrtCache ?? defaultCacheFolder("pjrt");
}

/** A hash of everything that the machine code depends on: program, options, plugin and device. */
export function cacheKey(device: PjrtDevice, stablehlo: string, options: Uint8Array): string {
  const { size, mtimeMs } = statSync(device.api.path);
  const hash = createHash("sha256");
  for (const part of [
    stablehlo,
    options,
    `${device.api.version.major}.${device.api.version.minor} ${device.platform} ${device.platformVersion} ${device.kind}`,
    // XLA also reads flags from here.
    xlaFlags(),
    // Plugins under development keep their version number.
    `${size} ${mtimeMs}`,
    // Code for a CPU is compiled for its model.
    `${process.arch} ${cpus()[0]?.model}`,
  ]) {
    hash.update(part).update("\0");
  }
  return hash.digest("hex");
}

/** The program stored under `key`, or null. A damaged file is ignored: loading it could crash the plugin. */
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

/** Stores a program. A failure (a full disk, a read-only home) only costs time later, so it is not an error. */
export function writeCached(folder: CacheFolder, key: string, program: Uint8Array): void {
  try {
    mkdirSync(folder, { recursive: true });
    // Written beside and renamed: another process never sees half a file.
    const partial = partialName(join(folder, key));
    writeFileSync(partial, Buffer.concat([checksum(program), program]));
    renameSync(partial, join(folder, key));
    prune(folder, mostBytes);
  } catch {
    // See above.
  }
}

/** A training step for a GPU takes a few megabytes. */
const mostBytes = 1e9;

const checksumBytes = 32;

function checksum(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
