/** Runs another program on a text, at once or while the event loop goes on. */
import { spawn, spawnSync } from "node:child_process";
import { type Steps, step } from "../steps";

export interface Output {
  /** Null if the program did not start, or was ended by `signal`. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Reason why it did not start. */
  readonly error?: Error;
}

/** Runs a program to its end. An abort of the work ends it, and the programs that it has started. */
export const runCommand = (
  command: string,
  args: readonly string[],
  input: string,
  env: NodeJS.ProcessEnv = process.env,
): Steps<Output> =>
  step({
    now: (): Output => spawnSync(command, args, { input, env, encoding: "utf8", maxBuffer: 1e8 }),
    later: (signal) => runLater(command, args, input, env, signal),
  });

function runLater(
  command: string,
  args: readonly string[],
  input: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Output> {
  // A process group of its own: a compiler starts others, which have to end with it.
  const child = spawn(command, args, { env, detached: true });
  const { pid } = child;
  const abort = () => pid !== undefined && endGroup(pid);
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  // A program may end before it has read all; its status tells.
  child.stdin.on("error", () => {}).end(input);
  signal.addEventListener("abort", abort);
  if (pid !== undefined) watch(pid);
  return new Promise<Output>((resolve) => {
    child.on("error", (error) => resolve({ status: null, signal: null, stdout, stderr, error }));
    child.on("close", (status, signal) => resolve({ status, signal, stdout, stderr }));
  }).finally(() => {
    signal.removeEventListener("abort", abort);
    if (pid !== undefined) unwatch(pid);
  });
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGTERM");
  } catch {
    // It has ended by itself.
  }
}

/** The process groups that run. A terminal's Ctrl-C does not reach them, so they are ended with this process. */
const groups = new Set<number>();
const signals = ["SIGINT", "SIGTERM"] as const;
const endAll = () => groups.forEach(endGroup);

function watch(pid: number): void {
  if (groups.size === 0) {
    process.on("exit", endAll);
    for (const signal of signals) process.on(signal, endWhereNobodyListens);
  }
  groups.add(pid);
}

function unwatch(pid: number): void {
  groups.delete(pid);
  if (groups.size > 0) return;
  process.removeListener("exit", endAll);
  for (const signal of signals) process.removeListener(signal, endWhereNobodyListens);
}

/** Lets a signal do what it does without a listener: end the process. Other listeners decide for themselves. */
function endWhereNobodyListens(signal: NodeJS.Signals): void {
  const listeners = process.listeners(signal);
  if (groups.size === 0 || listeners.some((listener) => listener !== endWhereNobodyListens)) return;
  endAll();
  process.removeListener(signal, endWhereNobodyListens);
  process.kill(process.pid, signal);
}
