import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, VENV, venvProgram } from "./paths.mjs";
import { runStep } from "./run.mjs";

/** @typedef {"cpu" | "gpu"} Device */
/** @typedef {{ device: Device, hash: string, folder: string }} Stamp */

const STAMP = join(VENV, "set-up.json");

/** Arguments of every installation. Wheels only: building from source would need compilers and run the packages' own code. */
export const PIP_INSTALL = [
  "-m",
  "pip",
  "install",
  "--no-input",
  "--disable-pip-version-check",
  "--only-binary",
  ":all:",
];

const LOCKS = { cpu: "requirements.lock", gpu: "requirements-gpu.lock" };

/** The stamp of the environment; null if there is none, or it was never finished. @returns {Stamp | null} */
function readStamp() {
  try {
    return JSON.parse(readFileSync(STAMP, "utf8"));
  } catch {
    return null;
  }
}

/** The device that the installed TensorFlow is for, so that a later set-up keeps the choice. @returns {Device} */
export const installedDevice = () => readStamp()?.device ?? "cpu";

/** @param {Device} device */
export function venvIsFresh(device) {
  const { device: made, hash, folder } = readStamp() ?? {};
  // A virtual environment has absolute paths inside: a moved project needs a new one.
  return made === device && hash === lockHash(device) && folder === ROOT && existsSync(venvProgram("python"));
}

/**
 * Makes a new environment: one left half-way or made for another lock file is never patched.
 * @param {import("./say.mjs").Say} say
 * @param {import("./python.mjs").Python} python
 * @param {Device} device
 */
export async function makeVenv(say, python, device) {
  rmSync(VENV, { recursive: true, force: true, maxRetries: 5 });
  await runStep(say, {
    step: "Python environment .venv",
    log: "venv",
    command: python.executable,
    args: ["-m", "venv", VENV],
  });
  await runStep(say, {
    step: `Python packages (${LOCKS[device]})`,
    log: "pip",
    command: venvProgram("python"),
    args: [...PIP_INSTALL, "-r", lockFile(device)],
  });
  /** @type {Stamp} */
  const stamp = { device, hash: lockHash(device), folder: ROOT };
  writeFileSync(STAMP, JSON.stringify(stamp));
}

/** @param {Device} device */
const lockFile = (device) => join(ROOT, "python", LOCKS[device]);

/** @param {Device} device */
const lockHash = (device) =>
  createHash("sha256")
    .update(readFileSync(lockFile(device)))
    .digest("hex");

/** @typedef {{ name: string, requirements: string, log: string }} Extra a package in an environment of ours that not everybody needs */

/** True if `.venv` has the package. @param {Extra} extra */
export function hasExtra({ name }) {
  const lib = join(VENV, "lib");
  const pythons = existsSync(lib) ? readdirSync(lib) : [];
  return pythons.some((python) => existsSync(join(lib, python, "site-packages", name)));
}

/**
 * Puts a package into `.venv`, alone and as its requirements file pins it.
 * @param {import("./say.mjs").Say} say
 * @param {Extra & { step: string }} extra
 */
export function installExtra(say, { step, log, requirements }) {
  const file = join(ROOT, "python", requirements);
  return runStep(say, {
    step,
    log,
    command: venvProgram("python"),
    args: [...PIP_INSTALL, "--no-deps", "--require-hashes", "-r", file],
  });
}
