/** Finds the TensorFlow that pip installed: the shared libraries inside its Python package. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { activePython, type Settings, settings } from "../settings";

/** The shared libraries of one installed TensorFlow. */
export interface TensorFlowLibrary {
  /** The Python package's folder, `…/site-packages/tensorflow`. */
  folder: string;
  /** `libtensorflow_framework`, which must be loaded first (null where there is none). */
  framework: string | null;
  /** The library that exports the C API. */
  main: string;
}

/** Either the library, or the problem of each candidate. */
export type Search = { found: TensorFlowLibrary } | { found: null; tried: string[] };

/** File names by platform, the newest first; all are relative to the Python package's folder. */
const fileNames: Partial<
  Record<NodeJS.Platform, { framework: RegExp | null; main: RegExp; folder: string }>
> = {
  linux: {
    folder: ".",
    framework: /^libtensorflow_framework\.so(\.\d+)?$/,
    main: /^libtensorflow_cc\.so(\.\d+)?$/,
  },
  darwin: {
    folder: ".",
    framework: /^libtensorflow_framework(\.\d+)?\.dylib$/,
    main: /^libtensorflow_cc(\.\d+)?\.dylib$/,
  },
  win32: { folder: "python", framework: null, main: /^_pywrap_tensorflow_(common\.dll|internal\.pyd)$/ },
};

/** Prints the package's folder without importing TensorFlow, which would take seconds. */
const askPython =
  "import importlib.util as u; s = u.find_spec('tensorflow'); print(s.submodule_search_locations[0] if s else '')";

/**
 * Looks for TensorFlow, in this order:
 * 1. the setting `tensorflow`: a Python executable, a virtual environment, a `site-packages` folder, or the package's folder,
 * 2. the setting `python`: a Python executable,
 * 3. a `.venv`: in the working folder or above, then in the folder of this library or above,
 * 4. the active virtual environment (`VIRTUAL_ENV`),
 * 5. `python3` and `python` on the PATH.
 *
 * A setting excludes all other candidates: a typing error must not select another TensorFlow.
 */
export function findTensorFlow(given: Settings = settings(), cwd = process.cwd()): Search {
  if (process.platform === "linux" && process.arch === "x64") {
    // TensorFlow ends the process when it loads on a processor without AVX.
    const hasAvx = processorHasAvx(readFileSync("/proc/cpuinfo", "utf8"));
    if (!hasAvx)
      return { found: null, tried: ["this processor has no AVX instructions, which TensorFlow needs"] };
  }
  const tried: string[] = [];
  for (const candidate of candidates(given, cwd)) {
    const folder = packageFolder(candidate);
    if ("problem" in folder) tried.push(`${candidate}: ${folder.problem}`);
    else {
      const library = librariesIn(folder.path);
      if (library !== null) return { found: library };
      tried.push(`${folder.path}: has no TensorFlow library for ${process.platform} ${process.arch}`);
    }
  }
  return { found: null, tried };
}

/** True if the text of Linux's `/proc/cpuinfo` lists the AVX instructions. */
export function processorHasAvx(cpuinfo: string): boolean {
  return /^flags\s*:.*\bavx\b/m.test(cpuinfo);
}

function candidates({ tensorflow, python }: Settings, cwd: string): string[] {
  if (tensorflow) return [resolve(cwd, tensorflow)];
  if (python) return [python];
  const environments = [...venvsAbove(cwd), ...venvsAbove(__dirname), activePython() ?? []].flat();
  return [...new Set(environments), "python3", "python"];
}

function venvsAbove(folder: string): string[] {
  const venv = join(folder, ".venv");
  const rest = dirname(folder) === folder ? [] : venvsAbove(dirname(folder));
  return existsSync(venv) ? [venv, ...rest] : rest;
}

/** From one of the {@link candidates} to the folder of the Python package. */
function packageFolder(place: string): { path: string } | { problem: string } {
  // A bare name is a command, even if the working folder holds something of that name.
  if (basename(place) === place) return askForFolder(place);
  if (!existsSync(place)) return { problem: "does not exist" };
  if (statSync(place).isFile()) return askForFolder(place);
  if (librariesIn(place) !== null) return { path: place };
  if (existsSync(join(place, "tensorflow"))) return { path: join(place, "tensorflow") };
  const python = [join(place, "bin", "python"), join(place, "Scripts", "python.exe")].find(existsSync);
  return python === undefined ? { problem: "holds neither TensorFlow nor a Python" } : askForFolder(python);
}

function askForFolder(python: string): { path: string } | { problem: string } {
  const { status, stdout, error } = spawnSync(python, ["-c", askPython], {
    encoding: "utf8",
    timeout: 20_000,
  });
  if (error !== undefined || status !== 0) return { problem: "is no working Python" };
  const path = stdout.trim();
  return path === "" ? { problem: "this Python has no TensorFlow" } : { path };
}

function librariesIn(folder: string): TensorFlowLibrary | null {
  const names = fileNames[process.platform];
  if (names === undefined) return null;
  const inside = join(folder, names.folder);
  const framework = names.framework && fileLike(inside, names.framework);
  const main = fileLike(inside, names.main);
  if (main === null || (names.framework !== null && framework === null)) return null;
  return { folder, framework, main };
}

function fileLike(folder: string, pattern: RegExp): string | null {
  if (!existsSync(folder)) return null;
  const name = readdirSync(folder)
    .filter((file) => pattern.test(file))
    .sort()
    .at(-1);
  return name === undefined ? null : join(folder, name);
}
