import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withBytes } from "./bytes";

export interface DownloadOptions {
  /** The SHA-256 of the whole file in hexadecimal, where it is known. */
  sha256?: string;
  /** Called as bytes arrive. `total` is undefined while the server has not said it. */
  onProgress?: (progress: { received: number; total: number | undefined }) => void;
  /** Attempts in a row that bring no new byte before giving up. Default 5. */
  attempts?: number;
  /** Milliseconds before the second attempt; doubled each time, up to a minute. Default 500. */
  retryDelay?: number;
  /** Milliseconds without a byte after which a connection counts as dead. Default 30,000. */
  stallTimeout?: number;
  /** More bytes than this are refused, so that a server without end cannot fill the disk. Default 16 GB. */
  maxBytes?: number;
}

/** A failure that another attempt would only repeat. */
class FinalError extends Error {}

/**
 * Downloads a file to `path`. Bytes go to `path.part`, which a later call continues after a cut or a killed process, if
 * the server still has the same version; only a complete and checked file gets its name.
 *
 * @throws Error that says what is wrong, and where to put the file by hand.
 */
export async function download(url: string, path: string, options: DownloadOptions = {}): Promise<void> {
  const { attempts = 5, retryDelay = 500 } = options;
  await mkdir(dirname(path), { recursive: true });
  for (let failures = 0; ; ) {
    const before = partSize(path);
    try {
      await attempt(url, path, options);
      return finish(path, options.sha256);
    } catch (error) {
      if (error instanceof FinalError) throw new Error(`${error.message} (${url})`);
      // A full disk or a folder without permission stays so.
      if ((error as NodeJS.ErrnoException).syscall) throw error;
      failures = partSize(path) > before ? 1 : failures + 1;
      if (failures >= attempts) throw new Error(byHand(url, path, error as Error));
      await sleep(Math.min(retryDelay * 2 ** (failures - 1), 60_000));
    }
  }
}

/** One connection: asks for what is missing and appends what comes. Returns when the file is whole. */
async function attempt(url: string, path: string, options: DownloadOptions): Promise<void> {
  const { stallTimeout = 30_000, maxBytes = 16e9, onProgress } = options;
  const dead = new AbortController();
  let timer = setTimeout(() => dead.abort(), stallTimeout);
  try {
    const version = versionOf(path, url);
    const start = version ? partSize(path) : 0;
    const response = await fetch(url, {
      // Compressed bytes could neither be counted nor continued.
      headers: {
        "accept-encoding": "identity",
        ...(start && { range: `bytes=${start}-`, "if-range": version }),
      },
      signal: dead.signal,
    });
    if (response.status === 416) {
      rmSync(partName(path), { force: true });
      throw new Error("the server refused to continue the download");
    }
    if (!response.ok)
      throw new (retryable(response.status) ? Error : FinalError)(`the server says ${response.status}`);
    if (/^text\/html/.test(response.headers.get("content-type") ?? "")) {
      throw new FinalError(
        "the server sends a web page instead of the file; a log-in page may be in between",
      );
    }
    const { from, total } = rangeOf(response, start);
    if ((total ?? 0) > maxBytes) throw new FinalError(`the file has ${total} bytes, more than ${maxBytes}`);
    rememberVersion(path, url, response);
    const part = openSync(partName(path), from ? "a" : "w");
    let received = from;
    try {
      onProgress?.({ received, total });
      for await (const chunk of response.body ?? []) {
        writeFileSync(part, chunk);
        received += chunk.length;
        clearTimeout(timer);
        timer = setTimeout(() => dead.abort(), stallTimeout);
        if (received > Math.min(maxBytes, total ?? maxBytes))
          throw new FinalError("the server sends more than it said");
        onProgress?.({ received, total });
      }
      fsyncSync(part);
    } finally {
      closeSync(part);
    }
    if (total !== undefined && received < total) throw new Error(`only ${received} of ${total} bytes came`);
  } catch (error) {
    throw dead.signal.aborted ? new Error(`no byte came for ${stallTimeout / 1000} s`) : error;
  } finally {
    clearTimeout(timer);
  }
}

/** The offset of the response's bytes in the file, and the size of the file. */
function rangeOf(response: Response, start: number): { from: number; total: number | undefined } {
  if (response.status !== 206) {
    // A server that ignores the range sends the file from its beginning.
    const length = response.headers.get("content-length");
    return { from: 0, total: length === null ? undefined : Number(length) };
  }
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "");
  if (!range || Number(range[1]) !== start)
    throw new FinalError("the server answers with another part than asked for");
  return { from: start, total: range[3] === "*" ? Number(range[2]) + 1 : Number(range[3]) };
}

const partName = (path: string): string => `${path}.part`;
const versionName = (path: string): string => `${path}.part.json`;

function partSize(path: string): number {
  return existsSync(partName(path)) ? statSync(partName(path)).size : 0;
}

/** The server's mark of the version that the part belongs to; without one, a part cannot be continued safely. */
function versionOf(path: string, url: string): string | undefined {
  try {
    const { url: from, version } = JSON.parse(readFileSync(versionName(path), "utf8"));
    return from === url && typeof version === "string" ? version : undefined;
  } catch {
    return undefined;
  }
}

function rememberVersion(path: string, url: string, { headers }: Response): void {
  const etag = headers.get("etag");
  const version = etag && !etag.startsWith("W/") ? etag : headers.get("last-modified");
  writeFileSync(versionName(path), JSON.stringify({ url, version }));
}

function finish(path: string, sha256: string | undefined): void {
  const found = sha256 && sha256Of(partName(path));
  rmSync(versionName(path), { force: true });
  if (found !== sha256) {
    rmSync(partName(path), { force: true });
    throw new Error(
      `${path}: the bytes that came are not the file: their SHA-256 is ${found}, not ${sha256}`,
    );
  }
  renameSync(partName(path), path);
}

/** The SHA-256 of a file of any size, in hexadecimal. */
export function sha256Of(path: string): string {
  return withBytes(path, (file) => {
    const hash = createHash("sha256");
    for (let at = 0; at < file.size; at += 1 << 22)
      hash.update(file.read(at, Math.min(1 << 22, file.size - at)));
    return hash.digest("hex");
  });
}

const retryable = (status: number): boolean => status === 408 || status === 429 || status >= 500;

function byHand(url: string, path: string, error: Error): string {
  const { code } = (error.cause ?? {}) as { code?: string };
  const { host } = new URL(url);
  const reason = code?.startsWith("UND_ERR")
    ? `the connection to ${host} breaks again and again`
    : code
      ? `${host} cannot be reached (${code})`
      : error.message;
  return `${reason}: get ${url} in another way and put it at ${path}`;
}
