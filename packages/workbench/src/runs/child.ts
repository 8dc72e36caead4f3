import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { RunConfig } from "../config/config";
import { parseJsonAs, writeFileAtomic } from "../files";

/** What a run in a process of its own tells the process that started it. */
export type RunMessage =
  | { readonly event: "start"; readonly totalSteps: number }
  | { readonly event: "step"; readonly step: number; readonly loss: number }
  /** `evaluations.csv` has a new row. */
  | { readonly event: "evaluation"; readonly puzzles: number };

/** What `trm train --json` says of a run that it has trained to its end, as far as others need it. */
export const trainedSchema = z.object({
  /** Training steps. */
  step: z.int(),
  /** Spent in training steps, on all threads at once. */
  seconds: z.number(),
  /** The same in seconds of one processor core, which other work on the machine hardly changes. */
  processorSeconds: z.number(),
  /** Numbers that learn, without puzzle embeddings. */
  parameters: z.int(),
  engine: z.string(),
  /** `CPU`, or the name of a GPU. */
  device: z.string(),
  /** null is one per core. */
  threads: z.int().nullable(),
  versions: z.object({
    node: z.string(),
    engine: z.string(),
    tfjs: z.string(),
    /** The C compiler, where it made native programs. */
    compiler: z.string().optional(),
    /** The project's commit, where git knew it. */
    project: z.string().optional(),
  }),
});
export type Trained = z.infer<typeof trainedSchema>;

/** How a run in a process of its own ended. */
export type ChildOutcome =
  | { readonly trained: Trained }
  | { readonly error: string }
  | { readonly interrupted: true };

/** How to train in a process of its own, and who wants to know. */
export interface ChildOptions {
  readonly threads?: number;
  /** What computes, as `trm train --device` takes it. */
  readonly device?: string;
  /** Lets the process save a checkpoint and end. */
  readonly signal: AbortSignal;
  readonly onMessage?: (message: RunMessage) => void;
  /** Told every line that the process writes for people. */
  readonly onLine?: (line: string) => void;
}

/**
 * Trains a run in a process of its own (`trm train`), from its newest checkpoint where it has one: a crash, or an engine out
 * of memory, ends one run and not the caller, and several runs use several cores.
 */
export async function trainInChild(
  folder: string,
  config: RunConfig,
  options: ChildOptions,
): Promise<ChildOutcome> {
  const configFile = join(folder, "config.json");
  // A run without checkpoints is resumed from its start, so that all runs begin alike.
  if (!existsSync(configFile)) writeFileAtomic(configFile, `${JSON.stringify(config, null, 2)}\n`);
  const { code, stdout, error } = await childOutput(folder, options);
  if (code === 130) return { interrupted: true };
  if (code !== 0) return { error: error ?? `its process ended with ${code}` };
  return { trained: parseJsonAs(stdout, `what "trm train" said of ${folder}`, trainedSchema) };
}

async function childOutput(
  folder: string,
  { threads, device, signal, onMessage, onLine }: ChildOptions,
): Promise<{ code: number | string; stdout: string; error?: string }> {
  const args = [commandLine(), "train", "--resume", folder, "--json"];
  if (threads !== undefined) args.push("--threads", String(threads));
  if (device !== undefined) args.push("--device", device);
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    // The channel carries messages, and its end tells the child that this process was killed.
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // A terminal sends Ctrl-C to its whole process group. Twice would stop a run before it has saved its checkpoint.
    detached: process.platform !== "win32",
  });
  const release = stopWith(child, signal);
  if (onMessage) child.on("message", (message) => onMessage(message as RunMessage));
  let stdout = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  let error: string | undefined;
  if (child.stderr) {
    createInterface(child.stderr).on("line", (line) => {
      // The outcome tells it.
      if (/^(trm|error): /.test(line)) error = line.replace(/^\w+: /, "");
      else if (line.trim()) onLine?.(line);
    });
  }
  try {
    const code = await new Promise<number | string>((resolve, reject) => {
      child.on("error", reject).on("close", (code, signal) => resolve(code ?? String(signal)));
    });
    return { code, stdout, ...(error !== undefined && { error }) };
  } finally {
    release();
  }
}

/** The program behind `npm run trm`; as one file (`scripts/bundle.mjs`) it is this process's own. */
export function commandLine(): string {
  const main = join(
    __dirname,
    "..",
    "..",
    "..",
    "cli",
    basename(join(__dirname, "..")),
    `main${extname(__filename)}`,
  );
  return existsSync(main) ? main : process.argv[1];
}

/** An interrupt lets a child save a checkpoint; when this process ends before it, so does the child. */
function stopWith(child: ChildProcess, signal: AbortSignal): () => void {
  const interrupt = () => child.kill("SIGINT");
  const end = () => child.kill();
  signal.addEventListener("abort", interrupt);
  process.on("exit", end);
  if (signal.aborted) interrupt();
  return () => {
    signal.removeEventListener("abort", interrupt);
    process.off("exit", end);
  };
}

/** In a process that {@link trainInChild} started: tells its parent how far it is. Elsewhere nothing happens. */
export function tellParent(message: RunMessage): void {
  // With a callback, a parent that has just been killed is no error.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

/** In such a process: aborts when the parent is gone, whatever ended it, so that no run goes on unseen. */
export function parentGone(): AbortSignal {
  const controller = new AbortController();
  if (process.channel) {
    process.once("disconnect", () => controller.abort());
    // Nobody reads what it still has to say; that must not end it before its checkpoint.
    for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
    // Waiting for it must not keep a process alive that is done.
    process.channel.unref();
  }
  return controller.signal;
}
