import { existsSync, rmSync } from "node:fs";
import { extname, join } from "node:path";
import { Command, Option } from "commander";
import { startEngine } from "tfjs-compile";
import {
  mergeConfig,
  parseRunConfig,
  type RunConfig,
  type RunConfigChanges,
  withFullPaths,
} from "trm-workbench/config";
import { writeModel } from "trm-workbench/experiments";
import { refuseExisting } from "trm-workbench/files";
import {
  modelConfigOf,
  readWeights,
  type StoredWeights,
  writeWeightsSafetensors,
  writeWeightsTorch,
  yamlBeside,
} from "trm-workbench/official";
import { runTraining } from "trm-workbench/runs";
import { count, namedLines } from "trm-workbench/text";
import { jsonOption, modelConfigOption, oneOf, readConfig, weightsOption } from "./options";
import { finish } from "./output";
import { weightsArgument } from "./weights";

type Target = "torch" | "safetensors" | "run" | "model";

interface ConvertCommandOptions {
  readonly to?: Target;
  readonly weights: "ema" | "live";
  readonly config?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const byExtension: Record<string, Target> = {
  ".pt": "torch",
  ".pth": "torch",
  ".safetensors": "safetensors",
};

/** `trm convert FROM TO`: weights between this library, safetensors and PyTorch. */
export const convertCommand = new Command("convert")
  .description(
    "convert weights: a run or checkpoint, .safetensors, and PyTorch files of the official code, in any direction",
  )
  .argument("<from>", weightsArgument())
  .argument(
    "<to>",
    "NAME.pt, NAME.safetensors, or with --to run a folder to train on in, or with --to model a folder such as data/models/NAME, which commands then know as NAME",
  )
  .addOption(
    oneOf("--to <kind>", "what to write, where the name does not tell", [
      "torch",
      "safetensors",
      "run",
      "model",
    ]),
  )
  .addOption(weightsOption())
  .addOption(modelConfigOption())
  .addOption(new Option("--force", "overwrite a file that exists"))
  .addOption(jsonOption())
  .action(async (from: string, to: string, options: ConvertCommandOptions, command: Command) => {
    const target = options.to ?? byExtension[extname(to)];
    if (!target) command.error(`error: ${to} could be anything: end it in .pt or .safetensors, or add --to`);
    const advice = "choose another name, or add --force";
    if (!options.force) refuseExisting([to], advice);
    const stored = readWeights(from, options.weights);
    const changes = mergeConfig(
      stored.config ?? {},
      options.config ? withFullPaths(readConfig(options.config)) : {},
    );
    if (!options.force && target === "torch" && changes.model) refuseExisting([yamlBeside(to)], advice);
    const files = await write(target, from, to, stored, changes);
    const tensors = Object.values(stored.tensors);
    const parameters = tensors.reduce((sum, { data }) => sum + data.length, 0);
    const result = { from, source: stored.source, to: target, files, tensors: tensors.length, parameters };
    finish(options.json, result, () =>
      namedLines([
        ["from", `${from} (${stored.source})`],
        ...files.map((file): [string, string] => ["to", file]),
        ["holds", `${count(parameters)} numbers in ${tensors.length} tensors`],
      ]),
    );
  });

async function write(
  target: Target,
  from: string,
  to: string,
  stored: StoredWeights,
  changes: RunConfigChanges,
): Promise<string[]> {
  if (target === "torch") return writeWeightsTorch(to, stored.tensors, settings(changes));
  if (target === "safetensors") {
    const config = settings(changes);
    const about = config && {
      model: modelConfigOf(stored, changes),
      config,
      ...(stored.step && { step: stored.step }),
    };
    writeWeightsSafetensors(to, stored.tensors, about);
    return [to];
  }
  await startEngine();
  if (target === "model") {
    if (stored.source !== "checkpoint")
      throw new Error(`${from} is not a run: only a finished run becomes a model`);
    await writeModel(from, to);
    return [to];
  }
  if (!changes.data)
    throw new Error("a run needs its data too: name a preset or a configuration file with --config");
  const isNew = !existsSync(to);
  try {
    const run = { folder: to, weights: stored, untilStep: 0 };
    const { checkpoint } = await runTraining(parseRunConfig(changes), run);
    return [join(to, "config.json"), checkpoint];
  } catch (error) {
    // What is left of a run would stop the next try.
    if (isNew) rmSync(to, { recursive: true, force: true });
    throw error;
  }
}

/** The configuration where it is known; weights alone can be converted without. */
function settings(changes: RunConfigChanges): RunConfig | undefined {
  if (!changes.model) return undefined;
  // Weights files do not contain the data, but a whole configuration names some.
  return parseRunConfig(changes.data ? changes : { ...changes, data: { kind: "sudoku" } });
}
