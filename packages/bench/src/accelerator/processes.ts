/** Measurements in processes of their own: each finds the device's memory empty, and none can take the others with it. */
import { execFile } from "node:child_process";
import { parseJsonAs } from "trm-workbench/files";
import { commandLine } from "trm-workbench/runs";
import { peerConfig, peerProgram } from "../bench/peer";
import type { MeasureRequest } from "./measure";
import { type Measurement, oursSchema, peerSchema } from "./report";

/** Time limit of a process, and the signal that ends it earlier. */
export interface ProcessLimits {
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** The library's step, measured by `trm accelerator --measure`. */
export async function measureOurs(
  request: MeasureRequest,
  limits: ProcessLimits,
): Promise<Measurement["ours"]> {
  const args = [...process.execArgv, commandLine(), "accelerator", "--measure", JSON.stringify(request)];
  const output = await outputOf(process.execPath, args, limits);
  return "problem" in output ? output : parseJsonAs(output.stdout, "a measurement", oursSchema);
}

/** The same step in compiled PyTorch. */
export async function measurePeer(
  python: string,
  device: "cpu" | "cuda",
  { model, training, steps }: MeasureRequest,
  limits: ProcessLimits,
): Promise<NonNullable<Measurement["peer"]>> {
  const options = { mode: "train", device, steps, ...peerConfig(model, training) };
  const args = Object.entries(options).flatMap(([name, value]) => [
    `--${name.replaceAll("_", "-")}`,
    String(value),
  ]);
  const output = await outputOf(python, [peerProgram("peer.py"), "--json", ...args], limits);
  return "problem" in output ? output : parseJsonAs(output.stdout, "what python/peer.py said", peerSchema);
}

/** Reason why a Python cannot be the peer; undefined if it can. */
export async function peerProblem(
  python: string,
  device: "cpu" | "cuda",
  limits: ProcessLimits,
): Promise<string | undefined> {
  const check = "import torch; print(torch.__version__, torch.cuda.is_available())";
  const output = await outputOf(python, ["-c", check], limits);
  if ("problem" in output) return `skipped, as ${python} has no PyTorch (${output.problem})`;
  return device === "cuda" && !output.stdout.includes("True")
    ? `skipped, as PyTorch ${output.stdout.split(" ")[0]} of ${python} sees no CUDA device`
    : undefined;
}

/** Output of a process, or the reason for its failure. */
function outputOf(
  command: string,
  args: readonly string[],
  { seconds, signal }: ProcessLimits,
): Promise<{ stdout: string } | { problem: string }> {
  // To Node, no time is no limit.
  const timeout = Number.isFinite(seconds) ? Math.ceil(1000 * seconds) : 0;
  const limits = { timeout, killSignal: "SIGKILL", signal, maxBuffer: 2 ** 26 } as const;
  return new Promise((resolve) => {
    execFile(command, args, limits, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout });
      else if (signal.aborted) resolve({ problem: "interrupted" });
      else if (error.killed) resolve({ problem: `not done after ${Math.round(seconds)} s` });
      else resolve({ problem: stderr.trim().split("\n").at(-1) || error.message });
    });
  });
}
