import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Found from here, because the commands run in folders that have no packages. */
export const withTsx = ["--conditions=source", "--require", require.resolve("tsx/cjs")];
export const main = join(__dirname, "../src/main.ts");
const linesChild = join(__dirname, "lines-child.ts");

/** How a command line ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line as a user does, in a process of its own. */
export function trm(cwd: string, ...args: readonly string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...withTsx, main, ...args], {
    cwd,
    encoding: "utf8",
  });
  return { code: status, stdout, stderr };
}

/** Starts a command line that a test will disturb. */
export function startTrm(cwd: string, ...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [...withTsx, main, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
}

/** Runs many short command lines one after the other in one process, since loading takes longer than they do. */
export function trmLines(cwd: string, lines: readonly (readonly string[])[]): Outcome[] {
  const { stdout, stderr, status } = spawnSync(process.execPath, [...withTsx, linesChild], {
    cwd,
    encoding: "utf8",
    input: JSON.stringify(lines),
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** What people bring: a command line on it, the exit code and the sentence that must come. */
export interface Situation {
  readonly line: readonly string[];
  readonly code: number;
  /** On stderr where the code is not 0, else on stdout. */
  readonly says: RegExp;
  /** On stderr where the code is 0. */
  readonly tells?: RegExp;
}

/** Runs the command lines in one process and compares what comes. */
export function situations(folder: string, rows: readonly Situation[]): void {
  const outcomes = trmLines(
    folder,
    rows.map(({ line }) => line),
  );
  outcomes.forEach(({ code, stdout, stderr }, i) => {
    const { line, says, tells } = rows[i];
    assert.equal(code, rows[i].code, `${line.join(" ")}: ${stderr}`);
    assert.match(code === 0 ? stdout : stderr, says, line.join(" "));
    if (tells) assert.match(stderr, tells, line.join(" "));
  });
}

/** A line that succeeds. @param tells what it says on stderr */
export const says = (line: string, says: RegExp, tells?: RegExp): Situation => ({
  line: line.split(" "),
  code: 0,
  says,
  ...(tells && { tells }),
});

/** A line that fails with a sentence. */
export const refuses = (line: string, says: RegExp): Situation => ({ line: line.split(" "), code: 1, says });

/** Options of a network that trains in a moment. */
export const SMALL =
  "--model.hiddenSize 16 --model.n 1 --model.T 1 --model.supervisionSteps 2 --model.mixer mlp --model.positions none " +
  "--training.batchSize 2 --training.totalSteps 2 --training.warmupSteps 1";

/** Writes files in a folder, and the folders above them. */
export const writer = (folder: string) => (path: string, content: string | Uint8Array) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
};
