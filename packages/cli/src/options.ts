import { existsSync } from "node:fs";
import { extname } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  type ConfigField,
  configFields,
  mergeConfig,
  presetNamed,
  presets,
  type RunConfigChanges,
} from "trm-workbench/config";
import { isOfficialConfig, readOfficialConfig, readYaml } from "trm-workbench/official";
import { suggestion } from "trm-workbench/text";
import { parse } from "yaml";

/** A whole number from `least` up to `most`, as the value of an option. */
export function wholeNumber(least = 1, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isSafeInteger(value) || value < least || value > most) {
      const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
      throw new InvalidArgumentError(`It must be a whole number ${range}.`);
    }
    return value;
  };
}

/** Any number, as the value of an option. */
export function anyNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("It must be a number.");
  return value;
}

/** An option that takes one of a few words; another word is refused with the nearest one. */
export function oneOf(flags: string, about: string, words: readonly string[], standard?: string): Option {
  const option = new Option(flags, `${about} (${words.join(", ")})`);
  if (standard) option.default(standard);
  return option.argParser((word) => {
    if (words.includes(word)) return word;
    throw new InvalidArgumentError(`There is no "${word}"${suggestion(word, words)}`);
  });
}

/** One JSON object instead of text. */
export const jsonOption = (): Option => new Option("--json", "one JSON object on stdout and nothing else");

/** Rows and columns of a Sudoku's boxes. */
export function boxOption(flags: string, about: string): Option {
  const option = oneOf(flags, about, ["2x2", "2x3", "3x2", "2x4", "4x2", "3x3"]);
  const known = option.parseArg!;
  return option.argParser((text, previous) => {
    const [rows, columns] = text.split("x").map(Number);
    if (rows > 1 && columns > 1 && rows * columns > 9) {
      throw new InvalidArgumentError(`Boxes have at most 9 cells: a digit is written as one character.`);
    }
    return known(text, previous);
  });
}

/** Averaged or live weights of a checkpoint. */
export const weightsOption = (): Option =>
  oneOf("--weights <which>", "weights of a checkpoint", ["ema", "live"], "ema");

/** Facts about a model that its weights file does not contain. */
export const modelConfigOption = (): Option =>
  new Option("--config <preset|file>", "how the model works, for a PyTorch file that has no .yaml beside it");

/** Number of threads to compute with. */
export const threadsOption = (): Option =>
  new Option("--threads <n>", "threads to compute with; one per core when left out").argParser(
    wholeNumber(1, 1024),
  );

const groupNames: Record<string, string> = {
  data: "Data:",
  model: "Model:",
  training: "Training:",
  evaluation: "Evaluation during training:",
  checkpoints: "Checkpoints:",
  metrics: "Metrics:",
};

/** Gives a command an option for every field of a configuration, and `--set field=value`. */
export function addConfigOptions(command: Command): void {
  command.addOption(
    new Option("--set <field=value>", "another way to write any of the options below; may be repeated")
      .argParser((text, changes: RunConfigChanges | undefined) =>
        mergeConfig(changes ?? {}, assignment(text)),
      )
      .default(undefined),
  );
  command.addOption(
    new Option("--devices <n>", "short for --training.devices").argParser(
      (text): Given => ({ value: wholeNumber()(text) }),
    ),
  );
  for (const field of configFields()) {
    const option = new Option(`--${field.path} <value>`, aboutField(field));
    // Wrapped, because commander makes an empty text of a value that is null.
    option.argParser((text): Given => ({ value: fieldValue(field, text) }));
    command.addOption(option.helpGroup(groupNames[field.path.split(".")[0]]));
  }
}

interface Given {
  readonly value: unknown;
}

/** The changes that the options of {@link addConfigOptions} ask for. */
export function configChanges(options: object): RunConfigChanges {
  const { set, devices, ...given } = options as Readonly<Record<string, Given | undefined>> & {
    set?: RunConfigChanges;
  };
  let changes = set ?? {};
  if (devices) changes = mergeConfig(changes, at("training.devices", devices.value));
  for (const { path } of configFields()) {
    const field = given[path];
    if (field) changes = mergeConfig(changes, at(path, field.value));
  }
  return changes;
}

function aboutField({ doc, official, choices, default: standard }: ConfigField): string {
  const notes = [
    ...(choices ? [choices.join(", ")] : []),
    ...(standard === undefined ? [] : [`default ${JSON.stringify(standard)}`]),
  ];
  return `${doc}${official ? ` [${official}]` : ""}${notes.length > 0 ? ` (${notes.join("; ")})` : ""}`;
}

/** `training.learningRate=1e-4` as a change. */
function assignment(text: string): RunConfigChanges {
  const [, path, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (path === undefined)
    throw new InvalidArgumentError("Write field=value, such as training.learningRate=1e-4.");
  return at(path, fieldValue(fieldNamed(path), value));
}

/** A field of the configuration and the values that a sweep gives it. */
export interface Variation {
  readonly field: string;
  readonly values: readonly unknown[];
}

/** `--vary field=value,value`, once for each field. */
export function varyOption(): Option {
  return new Option("--vary <field=values>", "values to try, with commas; several fields make a grid")
    .argParser((text, others: readonly Variation[]) => [...others, variation(text)])
    .default([]);
}

function variation(text: string): Variation {
  const [, path, list = ""] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  // [live,ema] is one value.
  const texts = list.split(/,(?![^[]*\])/);
  if (path === undefined || texts.includes("")) {
    throw new InvalidArgumentError("Write field=value,value, such as model.n=2,4,6.");
  }
  const field = fieldNamed(path);
  return { field: path, values: texts.map((value) => fieldValue(field, value)) };
}

function fieldNamed(path: string): ConfigField {
  const fields = configFields();
  const field = fields.find((field) => field.path === path);
  if (field) return field;
  const paths = fields.map((field) => field.path);
  throw new InvalidArgumentError(`There is no field ${path}${suggestion(path, paths)}`);
}

/** Values are written as in YAML: numbers, true, false, null, text; lists with commas. */
function fieldValue({ path, isList, choices }: ConfigField, text: string): unknown {
  if (isList && !text.trimStart().startsWith("[")) return text.split(",").filter(Boolean);
  if (choices && !isList) {
    if (choices.includes(text)) return text;
    throw new InvalidArgumentError(`${path} cannot be "${text}"${suggestion(text, choices)}`);
  }
  try {
    return parse(text);
  } catch {
    throw new InvalidArgumentError(`It must be a number, true, false, null or text.`);
  }
}

/** The change that gives one field a value. */
export function at(path: string, value: unknown): RunConfigChanges {
  const [section, field] = path.split(".");
  return { [section]: { [field]: value } };
}

/**
 * A configuration by the name of a preset, or from a file: JSON or YAML in our terms (a field `preset` names what it starts
 * from), or YAML of the official code.
 * @throws Error naming the nearest preset, or the file and what is wrong in it
 */
export function readConfig(nameOrFile: string): RunConfigChanges {
  const isFile = [".json", ".yaml", ".yml"].includes(extname(nameOrFile).toLowerCase());
  if (!isFile && !Object.hasOwn(presets, nameOrFile) && existsSync(nameOrFile)) {
    throw new Error(
      `${nameOrFile} is not a configuration: that is a .json or .yaml file, or a preset (${presetList()})`,
    );
  }
  if (!isFile) return presetNamed(nameOrFile);
  if (!existsSync(nameOrFile)) throw new Error(`${nameOrFile} does not exist; presets are ${presetList()}`);
  // JSON is YAML.
  const value = readYaml(nameOrFile);
  if (isOfficialConfig(value)) return readOfficialConfig(nameOrFile);
  const { preset, ...changes } = value as { preset?: string } & RunConfigChanges;
  return preset === undefined ? changes : mergeConfig(presetNamed(String(preset)), changes);
}

/** The presets' names for help texts. */
export const presetList = (): string => Object.keys(presets).join(", ");
