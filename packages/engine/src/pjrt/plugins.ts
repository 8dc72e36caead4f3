/**
 * PJRT plugins come from Python packages, each with one shared library in it. No Python runs here; the files are
 * found by their path in `site-packages`.
 */
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { activePython, settings, variableOf } from "../settings";

/** A kind of plugin that this library knows where to find. */
interface KnownPlugin {
  /** Its hardware, for messages. */
  readonly drives: string;
  /** Arguments of pip that install it. */
  readonly pip: string;
  /** Path below `site-packages`; the parts may be patterns. */
  readonly path: readonly RegExp[];
}

/** In order of preference: accelerators before the CPU. */
export const knownPlugins: readonly KnownPlugin[] = [
  {
    drives: "NVIDIA GPUs",
    pip: "jax-cuda13-plugin[with-cuda]",
    path: [/^jax_plugins$/, /^xla_cuda\d+$/, /^xla_cuda_plugin\.so$/],
  },
  {
    drives: "AMD GPUs",
    pip: "jax-rocm7-pjrt jax-rocm7-plugin",
    path: [/^jax_plugins$/, /^xla_rocm\d*$/, /^xla_rocm_plugin\.so$/],
  },
  { drives: "Google TPUs", pip: "libtpu", path: [/^libtpu$/, /^libtpu\.so$/] },
  {
    drives: "the CPU",
    pip: "--no-deps lammps-jax-pjrt-cpu",
    path: [/^lammps_jax_pjrt_cpu$/, /^pjrt_c_api_cpu_plugin\.so$/],
  },
];

/**
 * The plugin to use: `explicit`, else the setting `pjrtPlugin`, else the first known one that a Python environment holds.
 *
 * @param sitePackages folders to look in; {@link pythonFolders} when left out
 * @throws Error that says which package to install
 */
export function findPlugin(explicit?: string, sitePackages: readonly string[] = pythonFolders()): string {
  for (const [given, source] of [
    [explicit, "The given PJRT plugin"],
    [settings().pjrtPlugin, `$${variableOf("pjrtPlugin")}`],
  ] as const) {
    if (!given) continue;
    if (existsSync(given)) return resolve(given);
    throw new Error(`${source} is ${given}, but there is no such file.`);
  }
  for (const { path } of knownPlugins) {
    for (const folder of sitePackages) {
      const found = match(folder, path);
      if (found !== null) return found;
    }
  }
  const packages = knownPlugins.map(({ drives, pip }) => `  ${pip}  for ${drives}`).join("\n");
  const looked = sitePackages.length > 0 ? sitePackages.join(", ") : "no Python environment found";
  throw new Error(
    `No PJRT plugin is installed (looked in ${looked}). Install one of these with pip, or set ` +
      `$${variableOf("pjrtPlugin")} to a plugin file:\n${packages}`,
  );
}

/** The first file below `folder` whose path matches the patterns, the highest version first. */
function match(folder: string, [pattern, ...rest]: readonly RegExp[]): string | null {
  if (pattern === undefined) return folder;
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return null;
  }
  for (const name of names.sort().reverse()) {
    if (!pattern.test(name)) continue;
    const found = match(join(folder, name), rest);
    if (found !== null) return found;
  }
  return null;
}

/**
 * The `site-packages` of the Python in the setting `python`, of the nearest `.venv` above the working folder and above this library,
 * and of the active virtual environment.
 */
export function pythonFolders(): string[] {
  const prefixes = [nearestVenv(process.cwd()), nearestVenv(__dirname), activePython()];
  // Not resolved through links: a virtual environment's python links to one that knows nothing of it.
  const { python } = settings();
  if (python) prefixes.unshift(dirname(dirname(resolve(python))));
  const folders = prefixes.map(
    (prefix) => prefix && match(prefix, [/^lib$/, /^python3\.\d+$/, /^site-packages$/]),
  );
  return [...new Set(folders.filter((folder): folder is string => Boolean(folder)))];
}

function nearestVenv(folder: string): string | undefined {
  const venv = join(folder, ".venv");
  if (existsSync(venv)) return venv;
  return dirname(folder) === folder ? undefined : nearestVenv(dirname(folder));
}
