import { existsSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { Command, Option } from "commander";
import { learningRateAt } from "trm/trainer";
import { checkpointStep } from "trm-workbench/checkpoints";
import {
  mergeConfig,
  parseRunConfig,
  type RunConfig,
  type RunConfigChanges,
  withFullPaths,
} from "trm-workbench/config";
import { writeFacts } from "trm-workbench/experiments";
import { embeddingNotice, readWeights } from "trm-workbench/official";
import {
  constantHalting,
  type Resumable,
  type RunResult,
  resumable,
  runEnvironment,
  runTraining,
} from "trm-workbench/runs";
import { onInterrupt, type Progress, progress } from "trm-workbench/terminal";
import { count, duration, namedLines, percent } from "trm-workbench/text";
import { tellShared } from "./data-shared";
import {
  deviceOption,
  type EngineCommandOptions,
  memoryInUse,
  startEngineFor,
  tellMissingCompiler,
} from "./engine";
import {
  addConfigOptions,
  configChanges,
  jsonOption,
  presetList,
  readConfig,
  threadsOption,
} from "./options";
import { finish } from "./output";

interface TrainCommandOptions extends EngineCommandOptions {
  readonly out?: string;
  readonly resume?: string;
  readonly init?: string;
  readonly printConfig?: boolean;
  readonly json?: boolean;
}

/** `trm train PRESET`: a training run with checkpoints, metrics and evaluations. */
export const trainCommand = new Command("train")
  .description(
    "train a model, from a preset or a configuration file; any of its fields can be given as an option",
  )
  .argument("[config]", `preset (${presetList()}) or a JSON or YAML file, also of the official code`)
  .addOption(new Option("--out <folder>", "the run's folder; runs/NAME when left out"))
  .addOption(
    new Option(
      "--resume <run>",
      "go on with a run from its newest checkpoint, or from a checkpoint",
    ).conflicts(["out", "init"]),
  )
  .addOption(
    new Option("--init <weights>", "start from the weights of a run, checkpoint, .pt or .safetensors file"),
  )
  .addOption(deviceOption())
  .addOption(threadsOption())
  .addOption(new Option("--print-config", "show the whole configuration as JSON and do not train"))
  .addOption(jsonOption())
  .action(async (name: string | undefined, options: TrainCommandOptions, command: Command) => {
    const changes = withFullPaths(configChanges({ ...options }));
    const { folder, config, resume } = whatToRun(name, options, changes, command);
    if (options.printConfig) return finish(true, config, () => "");
    const weights = options.init === undefined ? undefined : readWeights(options.init);
    const signal = onInterrupt();
    const engine = await startEngineFor(options, config.training.devices);
    const { device, devices } = engine;
    tellMissingCompiler(engine);
    const bar: { current?: Progress } = {};
    let result: RunResult;
    try {
      result = await runTraining(config, {
        folder,
        signal,
        ...(resume && { resume }),
        ...(weights && { weights }),
        onStart: ({ model, data, step, totalSteps }) => {
          // Generated puzzles are kept apart; sets of ARC are compared when they are built.
          const fromFiles =
            config.data.kind === "csv" || (config.data.kind === "folder" && !data.identifiers);
          if (fromFiles) tellShared(data.train, data.test);
          const notice = weights && embeddingNotice(model, weights);
          if (notice) console.error(notice);
          bar.current = progress(totalSteps, {
            start: step,
            label: `training on ${devices ? `${devices} x ` : ""}${device}`,
          });
        },
        onStep: ({ step, loss }) => {
          bar.current?.update(step, { loss, ...memoryInUse() });
        },
        onEvaluation: ({ step, solved }) => {
          bar.current?.update(step, { accuracy: solved });
        },
      });
    } finally {
      bar.current?.done();
    }
    const environment = runEnvironment(options.threads);
    if (!result.interrupted) {
      const { step, seconds, processorSeconds, parameters } = result;
      writeFacts(folder, config, { step, seconds, processorSeconds, parameters, ...environment });
    }
    finish(options.json, { ...environment, ...result }, () => summary(result));
    if (result.interrupted) process.exitCode = 130;
  });

addConfigOptions(trainCommand);

function whatToRun(
  name: string | undefined,
  options: TrainCommandOptions,
  changes: RunConfigChanges,
  command: Command,
): { folder: string; config: RunConfig; resume?: ReturnType<typeof resumable> } {
  if (options.resume !== undefined) {
    if (name !== undefined) {
      command.error(`error: --resume takes its configuration from the run; leave "${name}" out`);
    }
    const resume = resumable(options.resume, changes);
    tellNewSchedule(resume);
    return { folder: resume.folder, config: resume.config, resume };
  }
  if (name === undefined)
    command.error(`error: name a preset (${presetList()}), a configuration file, or --resume a run`);
  const stored = withFullPaths(readConfig(name));
  const config = configOf(name, stored, changes);
  return { folder: options.out ?? join("runs", basename(name, extname(name))), config };
}

/** The configuration; what is wrong in it is put down to the file, unless an option has that field. */
function configOf(name: string, stored: RunConfigChanges, changes: RunConfigChanges): RunConfig {
  try {
    return parseRunConfig(mergeConfig(stored, changes));
  } catch (error) {
    const { message } = error as Error;
    const isOption = Object.entries(changes).some(([section, fields]) =>
      Object.keys(fields ?? {}).some((field) => new RegExp(`\\b${section}\\.${field}\\b`).test(message)),
    );
    throw existsSync(name) && !isOption ? new Error(`${name}: ${message}`) : error;
  }
}

/** Tells on stderr what another number of steps does to the learning rate of a run under way. */
function tellNewSchedule({ config, totalStepsBefore, checkpoint }: Resumable): void {
  const { totalSteps, minRatio, learningRate } = config.training;
  if (totalStepsBefore === totalSteps) return;
  const next = checkpoint ? checkpointStep(checkpoint) + 1 : 1;
  const rate = (steps: number) =>
    learningRateAt(next, learningRate, { ...config.training, totalSteps: steps }).toPrecision(3);
  const effect =
    minRatio === 1
      ? "the learning rate stays as it was, constant after the warm-up"
      : `the cosine of the learning rate now ends there; at step ${next} it is ${rate(totalSteps)} instead of ${rate(totalStepsBefore)}`;
  console.error(`trm: training.totalSteps was ${totalStepsBefore} and is ${totalSteps} now: ${effect}`);
}

function summary(result: RunResult): string {
  const { step, totalSteps, seconds, training, evaluations, interrupted } = result;
  const last = evaluations.filter((evaluation) => evaluation.step === evaluations.at(-1)?.step);
  return namedLines([
    [
      interrupted ? "stopped" : "trained",
      `${count(step)} of ${count(totalSteps)} steps in ${duration(seconds)}`,
    ],
    training && ["loss", training.loss.toPrecision(3)],
    ...last.map(({ weights, solved, cells, halting, count: puzzleCount, step }): [string, string] => [
      `solved (${weights})`,
      `${percent(solved)} of ${count(puzzleCount)} held-out puzzles after step ${count(step)}; ` +
        `cells ${percent(cells)}, halting ${percent(halting)} (always believing the same: ${percent(constantHalting(solved))})`,
    ]),
    // A run that had ended before, or was stopped early, was not evaluated in this call.
    training &&
      !interrupted &&
      evaluations.length === 0 && ["solved", "unknown: no answer to a held-out puzzle is known"],
    ["checkpoint", result.checkpoint],
    interrupted && ["go on", `npm run trm -- train --resume ${result.folder}`],
  ]);
}
