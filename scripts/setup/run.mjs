import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { CACHE, ROOT } from "./paths.mjs";
import { SetupError } from "./say.mjs";

/**
 * Runs a program to its end with its output in `.cache/setup-<log>.log`.
 * @param {import("./say.mjs").Say} say
 * @param {{ step: string, log: string, command: string, args: string[] }} what
 * @returns {Promise<void>} rejects with a {@link SetupError} of one sentence
 */
export async function runStep(say, { step, log, command, args }) {
  mkdirSync(CACHE, { recursive: true });
  const logFile = join(CACHE, `setup-${log}.log`);
  const sink = createWriteStream(logFile);
  const progress = say.step(step);
  let tail = "";
  /** @type {number | string} */
  const status = await new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    /** @param {Buffer} chunk */
    const collect = (chunk) => {
      sink.write(chunk);
      tail = (tail + chunk).slice(-20_000);
      progress.note(lastLine(tail));
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
  });
  sink.end();
  if (status === 0) return progress.done();
  progress.failed();
  throw new SetupError(explainFailure(step, tail, status, relative(ROOT, logFile)));
}

const NETWORK =
  /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|NewConnectionError|ConnectionError|Connection refused|Temporary failure in name resolution|Name or service not known|Network is unreachable|ReadTimeout|ConnectTimeout|Max retries exceeded|ENOTCACHED/;
const DISK = /ENOSPC|No space left on device|Disk quota exceeded/i;
const TYPE_ERROR = /^.*error TS\d+.*$/m;
const NO_WHEEL = /No matching distribution found for (\S+)/;

/**
 * One sentence for a failed step, from what the program printed.
 * @param {string} step
 * @param {string} output the end of what it printed
 * @param {number | string} status exit code, signal or start error
 * @param {string} logFile
 */
export function explainFailure(step, output, status, logFile) {
  // A full disk shows first: on one, connections and caches fail too.
  if (DISK.test(output)) {
    return `The disk is full: free some space for the ${step} (about 3 GB for everything) and run the command again.`;
  }
  const typeError = TYPE_ERROR.exec(output);
  if (typeError) return `lib does not compile: ${typeError[0].trim()} (all of it: ${logFile}).`;
  if (NETWORK.test(output)) {
    return `No network: the package registry could not be reached for the ${step}; connect, or see "Offline" in environment.md, and run the command again.`;
  }
  const missing = NO_WHEEL.exec(output);
  if (missing) {
    return `The Python package index has no build of ${missing[1]} for this Python and machine: try another Python from 3.10 to 3.13 with TRM_PYTHON=/path/to/python (log: ${logFile}).`;
  }
  return `The step "${step}" failed (${status}) with "${lastLine(output)}": the whole output is in ${logFile}.`;
}

/** @param {string} text */
const lastLine = (text) =>
  text
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== "")
    .at(-1)
    ?.trim() ?? "";
