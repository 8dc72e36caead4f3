import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { readJsonFile, writeFileAtomic } from "../files";
import type { PlannedRun } from "./sweep-plan";

/** A run that trained to its end. Accuracies are those of the averaged weights in the last evaluation. */
export interface FinishedRun {
  readonly step: number;
  /** Seconds spent in training steps. */
  readonly seconds: number;
  readonly puzzles: number;
  readonly cells: number;
  readonly halting: number;
}

/** How a run of a sweep ended. */
export type RunOutcome =
  | (FinishedRun & { readonly reused: boolean })
  | { readonly error: string }
  | { readonly interrupted: true };

const finishedSchema = z.object({
  step: z.number(),
  seconds: z.number(),
  puzzles: z.number(),
  cells: z.number(),
  halting: z
    .number()
    .nullable()
    .transform((value) => value ?? Number.NaN),
});

/** The run in a folder, if a sweep has seen it finish. */
export function finishedRun(folder: string): FinishedRun | undefined {
  const file = join(folder, "result.json");
  return existsSync(file) ? readJsonFile(file, finishedSchema) : undefined;
}

/** What the runs of a sweep share. */
export interface SweepRunOptions {
  /** Options of `train` that do not belong to the configuration. */
  readonly trainOptions: readonly string[];
  /** Passed on to the running processes; no other is started then. */
  readonly signal: AbortSignal;
  /** Told every line that a run has to say. */
  readonly onLine: (run: PlannedRun, line: string) => void;
}

/**
 * Trains a run in a process of its own, from its newest checkpoint where it has one: a crash, or an engine out of memory,
 * ends one run and not the sweep.
 */
export async function trainInChild(run: PlannedRun, options: SweepRunOptions): Promise<RunOutcome> {
  const configFile = join(run.folder, "config.json");
  // A run without checkpoints is resumed from its start, so that all runs begin alike.
  if (!existsSync(configFile)) writeFileAtomic(configFile, `${JSON.stringify(run.config, null, 2)}\n`);
  const { code, stdout, error } = await childOutput(run, options);
  if (code === 130) return { interrupted: true };
  if (code !== 0) return { error: error ?? `its process ended with ${code}` };
  const { step, seconds } = JSON.parse(stdout) as { step: number; seconds: number };
  const { puzzles, cells, halting } = lastEvaluation(run);
  const finished: FinishedRun = { step, seconds, puzzles, cells, halting };
  writeFileAtomic(join(run.folder, "result.json"), `${JSON.stringify(finished)}\n`);
  return { ...finished, reused: false };
}

async function childOutput(
  run: PlannedRun,
  { trainOptions, signal, onLine }: SweepRunOptions,
): Promise<{ code: number | string; stdout: string; error?: string }> {
  const args = [require.resolve("./main"), "train", "--resume", run.folder, "--json", ...trainOptions];
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    // A terminal sends Ctrl-C to its whole process group. Twice would stop a run before it has saved its checkpoint.
    detached: process.platform !== "win32",
  });
  const release = stopWith(child, signal);
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  let error: string | undefined;
  createInterface(child.stderr).on("line", (line) => {
    // The outcome tells it.
    if (/^(trm|error): /.test(line)) error = line.replace(/^\w+: /, "");
    else if (line.trim()) onLine(run, line);
  });
  try {
    const code = await new Promise<number | string>((resolve, reject) => {
      child.on("error", reject).on("close", (code, signal) => resolve(code ?? String(signal)));
    });
    return { code, stdout, ...(error !== undefined && { error }) };
  } finally {
    release();
  }
}

/** An interrupt lets a child save a checkpoint; when this process ends before it, so does the child. */
function stopWith(child: ChildProcess, signal: AbortSignal): () => void {
  const interrupt = () => child.kill("SIGINT");
  const end = () => child.kill();
  signal.addEventListener("abort", interrupt);
  process.on("exit", end);
  return () => {
    signal.removeEventListener("abort", interrupt);
    process.off("exit", end);
  };
}

function lastEvaluation({ folder, config }: PlannedRun): Omit<FinishedRun, "step" | "seconds"> {
  const { format } = config.metrics;
  const lines = readFileSync(join(folder, `evaluations.${format}`), "utf8")
    .trimEnd()
    .split("\n");
  const rows =
    format === "jsonl"
      ? lines.map((line) => JSON.parse(line) as Record<string, unknown>)
      : lines.map((line) => {
          const names = lines[0].split(",");
          return Object.fromEntries(line.split(",").map((cell, i) => [names[i], cell || "NaN"]));
        });
  const row = rows.filter(({ weights }) => weights === "ema").at(-1);
  if (!row) throw new Error(`${folder} has no evaluation of averaged weights`);
  const value = (name: string) => Number(row[name] ?? Number.NaN);
  return { puzzles: value("puzzles"), cells: value("cells"), halting: value("halting") };
}
