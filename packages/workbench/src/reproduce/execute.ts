import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { projectFolder } from "../files/paths";
import { findPython } from "../files/python";

export interface ExecuteOptions {
  /** The notebook; its kernel runs in its folder. It is not changed. */
  readonly source: string;
  /** The path of the executed notebook with its outputs. It is written after a failure, too. */
  readonly target: string;
  /** Environment variables for the notebook beside ours. */
  readonly env?: Readonly<Record<string, string>>;
  /** Seconds that one cell may take; 0 for any time. @default 0 */
  readonly cellTimeout?: number;
  readonly onEvent?: (event: NotebookEvent) => void;
}

const eventSchema = z.discriminatedUnion("event", [
  z.object({ event: z.literal("cell"), number: z.number(), of: z.number(), source: z.string() }),
  z.object({ event: z.literal("line"), text: z.string() }),
  z.object({ event: z.literal("done") }),
  z.object({ event: z.literal("error"), text: z.string() }),
]);

/** A cell starts (`number` as in `In [3]`), the last line that a cell printed, and the end, good or bad. */
export type NotebookEvent = z.infer<typeof eventSchema>;

/** A cell that failed, or a notebook that could not be run at all. */
export class NotebookError extends Error {
  /**
   * @param notebook file name without its folder
   * @param cell number of the cell as in `In [3]`; undefined when no cell had started
   */
  constructor(
    readonly notebook: string,
    readonly cell: number | undefined,
    readonly reason: string,
  ) {
    super(`${notebook}${cell === undefined ? "" : `, cell ${cell}`}: ${reason}`);
    this.name = "NotebookError";
  }
}

/**
 * Runs a notebook from top to bottom in a fresh kernel, as "Restart and run all" does.
 *
 * @throws NotebookError that names the notebook, the cell and the error.
 */
export async function executeNotebook(options: ExecuteOptions): Promise<void> {
  const { source, target, env = {}, cellTimeout = 0, onEvent } = options;
  const name = basename(source);
  if (!existsSync(source)) throw new NotebookError(name, undefined, `there is no ${source}`);
  const script = join(projectFolder, "packages", "workbench", "src", "reproduce", "execute_notebook.py");
  const jupyterFolder = makeKernelFolder();
  try {
    const child = spawn(findPython(), [script, source, target, String(cellTimeout)], {
      env: {
        ...process.env,
        ...env,
        JUPYTER_PATH: [jupyterFolder, process.env.JUPYTER_PATH]
          .filter(Boolean)
          .join(process.platform === "win32" ? ";" : ":"),
        PYTHONUNBUFFERED: "1",
      },
      // Its stdin stays open as long as we live: see stop_with_parent in the script.
      stdio: ["pipe", "pipe", "pipe"],
    });
    const complaints: string[] = [];
    createInterface({ input: child.stderr }).on("line", (line) => complaints.push(line));
    const ended = new Promise<void>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", () => resolve());
    });
    let cell: number | undefined;
    let last: NotebookEvent | undefined;
    for await (const line of createInterface({ input: child.stdout })) {
      // The kernel may write to the same stdout; only marked lines are ours.
      if (!line.startsWith(mark)) continue;
      last = eventSchema.parse(JSON.parse(line.slice(mark.length)));
      if (last.event === "cell") cell = last.number;
      onEvent?.(last);
    }
    await ended;
    if (last?.event === "error") throw new NotebookError(name, cell, last.text);
    if (last?.event !== "done") {
      throw new NotebookError(name, cell, complaints.slice(-5).join("\n") || "the run was cut off");
    }
  } finally {
    rmSync(jupyterFolder, { recursive: true, force: true });
  }
}

const mark = "@notebook ";

/** A kernel specification of our own, so that notebooks run in exactly this Node, whatever else is installed. */
export function makeKernelFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "trm-kernel-"));
  const kernel = join(folder, "kernels", "tslab");
  mkdirSync(kernel, { recursive: true });
  const program = join(projectFolder, "packages", "workbench", "dist", "notebook", "kernel.js");
  writeFileSync(
    join(kernel, "kernel.json"),
    JSON.stringify({
      argv: [process.execPath, program, "kernel", "--config-path", "{connection_file}"],
      display_name: "TypeScript (TRM)",
      language: "typescript",
    }),
  );
  return folder;
}
