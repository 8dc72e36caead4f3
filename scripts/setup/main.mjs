import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildIsFresh, buildPackages } from "./build.mjs";
import { hasCompiler, installCompiler } from "./compiler.mjs";
import { checkDisk, SPACE } from "./disk.mjs";
import { explainSystemError } from "./explain.mjs";
import { kernelIsFresh, writeKernel } from "./kernel.mjs";
import { withLock } from "./lock.mjs";
import { installNpmPackages, npmIsFresh } from "./npm.mjs";
import { CACHE, ROOT } from "./paths.mjs";
import { findPython, hasTensorFlow } from "./python.mjs";
import { SetupError, speakTo } from "./say.mjs";
import { installedDevice, makeVenv, venvIsFresh } from "./venv.mjs";

/** @typedef {import("./say.mjs").Say} Say */
/** @typedef {import("./venv.mjs").Device} Device */

/**
 * The `npm run setup` command: `--gpu` and `--cpu` choose the TensorFlow to install, and the choice is kept.
 * @param {string[]} args
 */
export async function setUpCommand(args) {
  const start = performance.now();
  const say = speakTo(process.stdout);
  await orOneSentence(async () => {
    const did = await setUp(say, chosenDevice(args));
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    say.line(did ? `ready in ${seconds} s` : `everything is there already (checked in ${seconds} s)`);
  });
}

/**
 * Runs `work`; what the reader has to mend is printed as its one sentence, and the process then exits with 1.
 * @param {() => Promise<void>} work
 */
export async function orOneSentence(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`set-up: ${error.message}`);
    process.exitCode = 1;
  }
}

/**
 * Brings the project's folder to the state that the lock files and the sources ask for. Nothing is written outside it
 * but npm's and pip's own caches.
 * @param {Say} say
 * @param {Device} [device]
 * @returns {Promise<boolean>} whether there was anything to do
 * @throws {SetupError} with one sentence that says what to do
 */
export async function setUp(say, device = installedDevice()) {
  if (isReady(device)) return false;
  try {
    return await withLock(join(CACHE, "setup.lock"), say, async () => {
      // Whoever held the lock before may have done it all.
      if (isReady(device)) return false;
      await bringUp(say, device);
      return true;
    });
  } catch (error) {
    const sentence = explainSystemError(/** @type {NodeJS.ErrnoException} */ (error));
    throw sentence === null ? error : new SetupError(sentence);
  }
}

/** @param {Device} device */
const isReady = (device) => npmIsFresh() && venvIsFresh(device) && kernelIsFresh() && buildIsFresh();

/** @param {Say} say @param {Device} device */
async function bringUp(say, device) {
  const npm = !npmIsFresh();
  const venv = !venvIsFresh(device);
  // All that can be known beforehand is checked before the first download.
  const python = venv ? findPython() : null;
  const compiler = python !== null && hasTensorFlow(python) && !hasCompiler();
  const pythonSpace = device === "gpu" ? SPACE.pythonGpu : SPACE.python;
  const space = (npm ? SPACE.npm : 0) + (venv ? pythonSpace : 0) + (compiler ? SPACE.compiler : 0);
  if (npm || venv) checkDisk(ROOT, space);
  if (python) describe(say, python, device);

  if (npm) await installNpmPackages(say);
  if (python) await makeVenv(say, python, device);
  if (compiler) await installCompiler(say);
  if (!kernelIsFresh()) writeKernel(say);
  if (!buildIsFresh()) await buildPackages(say);
}

/** @param {Say} say @param {import("./python.mjs").Python} python @param {Device} device */
function describe(say, python, device) {
  say.line(`Node ${process.versions.node}, Python ${python.version.join(".")} (${python.executable})`);
  if (!hasTensorFlow(python)) {
    say.line(
      "TensorFlow has no build for this Python, so the slower wasm backend will be used (Python 3.10 to 3.13 have one)",
    );
  }
  if (device === "cpu" && spawnSync("nvidia-smi", ["-L"]).status === 0) {
    say.line("there is an NVIDIA GPU here: `npm run setup -- --gpu` installs the TensorFlow that uses it");
  }
}

/** @param {string[]} args @returns {Device | undefined} */
function chosenDevice(args) {
  const options = {
    gpu: { type: /** @type {const} */ ("boolean") },
    cpu: { type: /** @type {const} */ ("boolean") },
  };
  try {
    const { gpu, cpu } = parseArgs({ args, options }).values;
    if (gpu && cpu) throw new Error("--gpu and --cpu exclude each other");
    return gpu ? "gpu" : cpu ? "cpu" : undefined;
  } catch (error) {
    throw new SetupError(`${/** @type {Error} */ (error).message}: use --gpu, --cpu or neither.`);
  }
}
