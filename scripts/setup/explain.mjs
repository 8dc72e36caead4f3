const NETWORK =
  /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|NewConnectionError|ConnectionError|Connection refused|Temporary failure in name resolution|Name or service not known|Network is unreachable|ReadTimeout|ConnectTimeout|Max retries exceeded|ENOTCACHED/;

/** Less than this is a full disk, whatever the program said: venv and pip hide the words of the programs they start. */
const FULL_GB = 0.02;
const DISK_FULL =
  "The disk is full: free some space (everything takes about 3 GB) and run the command again.";
const DISK = /ENOSPC|No space left on device|Disk quota exceeded/i;
const TYPE_ERROR = /^.*error TS\d+.*$/m;
// pip lists the versions it knows of where the index answered; without an answer it knows of none.
const NO_WHEEL = /\(from versions: (?!none)[^)]*\)\s+ERROR: No matching distribution found for (\S+)/;

/**
 * One sentence for a failed step, from what the program printed.
 * @param {string} step
 * @param {string} output the end of what it printed
 * @param {number | string} status exit code, signal or start error
 * @param {string} logFile
 * @param {number} freeGb what is left on the disk
 */
export function explainFailure(step, output, status, logFile, freeGb) {
  // A full disk shows first: on one, connections and caches fail too.
  if (DISK.test(output) || freeGb < FULL_GB) {
    return DISK_FULL;
  }
  const typeError = TYPE_ERROR.exec(output);
  if (typeError) return `The project does not compile: ${typeError[0].trim()} (all of it: ${logFile}).`;
  const missing = NO_WHEEL.exec(output);
  if (missing) {
    return `The Python package index has no build of ${missing[1]} for this Python and machine: try another Python from 3.10 to 3.13 with TRM_SETUP_PYTHON=/path/to/python (log: ${logFile}).`;
  }
  if (NETWORK.test(output)) {
    return `No network: the package registry could not be reached for the ${step}; connect, or see "Offline" in environment.md, and run the command again.`;
  }
  return `The step "${step}" failed (${status}) with "${lastLine(output)}": the whole output is in ${logFile}.`;
}

/**
 * One sentence for an error of the file system, or null for any other error.
 * @param {NodeJS.ErrnoException} error
 */
export function explainSystemError({ code, path }) {
  if (code === "ENOSPC" || code === "EDQUOT") return DISK_FULL;
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return `${path} cannot be written (${code}): make the project's folder yours and writable, and run the command again.`;
  }
  return null;
}

/** The last line with anything in it. @param {string} text */
export const lastLine = (text) =>
  text
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== "")
    .at(-1)
    ?.trim() ?? "";
