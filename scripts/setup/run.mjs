import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { freeSpaceGb } from "./disk.mjs";
import { explainFailure, lastLine } from "./explain.mjs";
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
  sink.on("error", () => {}); // on a full disk the step still ends with its sentence
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
    const stopped = () => child.kill();
    process.once("exit", stopped);
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => {
      process.off("exit", stopped);
      resolve(code ?? signal ?? "unknown");
    });
  });
  sink.end();
  if (status === 0) return progress.done();
  progress.failed();
  throw new SetupError(explainFailure(step, tail, status, relative(ROOT, logFile), freeSpaceGb(ROOT)));
}
