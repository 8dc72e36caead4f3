/** Measurements in processes of their own: each finds the device's memory empty, and none can take the others with it. */
import { execFile } from "node:child_process";
import { parseJsonAs } from "trm-workbench/files";
import { startWorker } from "trm-workbench/processes";
import { peerConfig, peerProgram } from "../bench/peer";
import { type MeasureRequest, measureWorker } from "./measure";
import { type Measurement, oursSchema, peerSchema } from "./report";

/** Time limit of a process, and the signal that ends it earlier. */
export interface ProcessLimits {
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** Node's timers take no more milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** The library's step. */
export async function measureOurs(
  request: MeasureRequest,
  { seconds, signal }: ProcessLimits,
): Promise<Measurement["ours"]> {
  const worker = startWorker(measureWorker);
  let cause: string | undefined;
  const end = (because: string) => {
    cause = because;
    worker.kill();
  };
  const interrupt = () => end("interrupted");
  const late = setTimeout(() => end(lateText(seconds)), Math.min(1000 * seconds, LONGEST));
  signal.addEventListener("abort", interrupt);
  try {
    worker.send(request);
    // The report keeps less than was measured.
    return oursSchema.parse(await worker.next());
  } catch (error) {
    return { problem: cause ?? (error as Error).message };
  } finally {
    clearTimeout(late);
    signal.removeEventListener("abort", interrupt);
    await worker.close();
  }
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

const lateText = (seconds: number): string => `not done after ${Math.round(seconds)} s`;

/** Output of a process, or the reason for its failure. */
function outputOf(
  command: string,
  args: readonly string[],
  { seconds, signal }: ProcessLimits,
): Promise<{ stdout: string } | { problem: string }> {
  const timeout = Math.min(Math.ceil(1000 * seconds), LONGEST);
  const limits = { timeout, killSignal: "SIGKILL", signal, maxBuffer: 2 ** 26 } as const;
  return new Promise((resolve) => {
    execFile(command, args, limits, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout });
      else if (signal.aborted) resolve({ problem: "interrupted" });
      else if (error.killed) resolve({ problem: lateText(seconds) });
      else resolve({ problem: stderr.trim().split("\n").at(-1) || error.message });
    });
  });
}
