import { basename } from "node:path";
import { Command } from "commander";
import { isFinished, type RunEvent, writeFacts } from "trm-workbench/experiments";
import { LockedError } from "trm-workbench/files";
import { requeueOwnJob } from "trm-workbench/processes";
import { resumable, trainFolder } from "trm-workbench/runs";
import { deviceOption, type EngineCommandOptions } from "./engine";
import { threadsOption } from "./options";
import { spoken } from "./sweep-spoken";

/** `trm sweep-task FOLDER`: the run in a folder, as a task of the job array that `trm sweep --slurm` submits. */
export const sweepTaskCommand = new Command("sweep-task")
  .description("train one run of a sweep; the jobs of sweep --slurm call it")
  .argument("<folder>", "the run's folder, with its config.json")
  .addOption(deviceOption())
  .addOption(threadsOption())
  .action(async (folder: string, { device, threads }: EngineCommandOptions) => {
    if (isFinished(folder)) return console.error(`${folder} is trained already`);
    const stop = stopSignals();
    const { config } = resumable(folder);
    const run = { name: basename(folder), folder, config };
    const { begin, onEvent } = spoken();
    begin(1, 1);
    let trains = false;
    const tell = (event: RunEvent) => {
      trains ||= event.event === "step";
      onEvent?.(run, event);
    };
    tell({ event: "begin" });
    try {
      const end = await trainFolder({ folder, device, threads }, stop.signal, tell);
      if (end.event === "done") {
        writeFacts(folder, config, end.trained);
        return tell({ event: "end", outcome: end });
      }
    } catch (error) {
      if (!(error instanceof LockedError)) throw error;
      return console.error(`${error.message.split(" already;")[0]}, and so not here`);
    }
    if (stop.signal.reason === "SIGUSR1" && !trains) {
      throw new Error("the time of the job is too short for a single training step: give more --time");
    }
    const again = stop.signal.reason !== "SIGINT" && requeueOwnJob();
    console.error(`${run.name}: stopped by ${stop.signal.reason}${again ? ", back in the queue" : ""}`);
    if (!again) process.exitCode = 130;
  });

/** Slurm's signals, at the end of the time or when the node is needed, and Ctrl-C: each ends the run with a checkpoint. */
function stopSignals(): AbortController {
  const controller = new AbortController();
  for (const name of ["SIGUSR1", "SIGTERM", "SIGINT"] as const) {
    process.on(name, () => controller.abort(name));
  }
  return controller;
}
