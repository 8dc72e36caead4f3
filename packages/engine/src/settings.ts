/** The engine's settings, and every environment variable that it reads or sets. */
import { homedir } from "node:os";
import { join } from "node:path";

const backends = ["auto", "tensorflow", "pjrt", "wasm", "cpu"] as const;
const compileTargets = ["auto", "native", "tensorflow"] as const;
const amxChoices = ["on", "off", "emulated"] as const;

/** Settings of a process, each an environment variable. They are read when they are needed. */
export interface Settings {
  /** `TFJS_COMPILE_BACKEND`: what computes where `startEngine` names no backend. @default "auto" */
  readonly backend?: (typeof backends)[number];
  /** `TFJS_COMPILE_TO`: what `compile()` makes of functions on TensorFlow's tensors. `auto` chooses by size. @default "auto" */
  readonly compileTo?: (typeof compileTargets)[number];
  /** `TFJS_COMPILE_TENSORFLOW`: the TensorFlow to load, as a Python, a virtual environment, a `site-packages` or a package folder. */
  readonly tensorflow?: string;
  /** `TFJS_COMPILE_PYTHON`: the Python executable whose packages hold TensorFlow and PJRT plugins. */
  readonly python?: string;
  /** `TFJS_COMPILE_PJRT_PLUGIN`: the file of a PJRT plugin. */
  readonly pjrtPlugin?: string;
  /** `TFJS_COMPILE_PJRT_CACHE`: folder for compiled PJRT programs. @default `tfjs-compile/pjrt` in the user's cache folder */
  readonly pjrtCache?: string;
  /** `TFJS_COMPILE_NATIVE_CACHE`: folder for compiled native programs. @default `tfjs-compile/native` in the user's cache folder */
  readonly nativeCache?: string;
  /** `TFJS_COMPILE_KEEP_C`: if set, the C text of each new native program stays beside its library. */
  readonly keepC?: string;
  /** `CC`: the C compiler. @default the first of cc, gcc and clang that works */
  readonly cc?: string;
  /**
   * `TFJS_COMPILE_AMX`: whether native programs multiply bfloat16 on the processor's matrix unit, Intel's AMX, where it has one and the
   * system permits it. `emulated` computes the same without the unit, slowly, for tests. @default "on"
   */
  readonly amx?: (typeof amxChoices)[number];
  /** `TFJS_COMPILE_INSTALL_HINT`: tells how to install TensorFlow, in the messages that say it is missing. */
  readonly installHint?: string;
}

const variables: Readonly<Record<keyof Settings, string>> = {
  backend: "TFJS_COMPILE_BACKEND",
  compileTo: "TFJS_COMPILE_TO",
  tensorflow: "TFJS_COMPILE_TENSORFLOW",
  python: "TFJS_COMPILE_PYTHON",
  pjrtPlugin: "TFJS_COMPILE_PJRT_PLUGIN",
  pjrtCache: "TFJS_COMPILE_PJRT_CACHE",
  nativeCache: "TFJS_COMPILE_NATIVE_CACHE",
  keepC: "TFJS_COMPILE_KEEP_C",
  cc: "CC",
  amx: "TFJS_COMPILE_AMX",
  installHint: "TFJS_COMPILE_INSTALL_HINT",
};

/**
 * The settings as they are now; an empty variable counts as undefined.
 *
 * @throws Error that names a setting whose value is not one of its choices
 */
export function settings(): Settings {
  const values = Object.fromEntries(
    Object.entries(variables).map(([name, variable]) => [name, process.env[variable] || undefined]),
  );
  checkChoice("backend", values.backend, backends);
  checkChoice("compileTo", values.compileTo, compileTargets);
  checkChoice("amx", values.amx, amxChoices);
  return values;
}

function checkChoice(name: keyof Settings, value: string | undefined, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value)) return;
  throw new Error(`The setting ${name} (${variables[name]}) is "${value}"; it can be ${choices.join(", ")}.`);
}

/** The environment variable of a setting, for messages. */
export const variableOf = (name: keyof Settings): string => variables[name];

/** The folder for compiled programs of one kind that no setting names; `XDG_CACHE_HOME` moves it. */
export function defaultCacheFolder(name: string): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "tfjs-compile", name);
}

/** The active Python environment (`VIRTUAL_ENV`), if any. */
export const activePython = (): string | undefined => process.env.VIRTUAL_ENV;

/** XLA's own flags (`XLA_FLAGS`), which change what a PJRT plugin compiles. */
export const xlaFlags = (): string => process.env.XLA_FLAGS ?? "";

/** Silences the log of TensorFlow or XLA, unless `TF_CPP_MIN_LOG_LEVEL` is set. @returns false if it asks for all lines */
export function silenceLog(): boolean {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "3";
  return process.env.TF_CPP_MIN_LOG_LEVEL !== "0";
}

/**
 * Lets TensorFlow use oneDNN's kernels on every x86 processor, unless `TF_ENABLE_ONEDNN_OPTS` is set. By default it does so on
 * the newest only; with AVX2 they take two thirds of the time of its own.
 */
export function useOneDnn(): void {
  if (process.arch === "x64") process.env.TF_ENABLE_ONEDNN_OPTS ??= "1";
}
