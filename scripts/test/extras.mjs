import { existsSync } from "node:fs";
import { ZIG } from "../setup/compiler.mjs";
import { venvProgram } from "../setup/paths.mjs";
import { hasExtra, installExtra } from "../setup/venv.mjs";

/** The PJRT plugin for CPUs, of which there is a build for Linux on x86-64. */
const PJRT = { name: "lammps_jax_pjrt_cpu", requirements: "requirements-pjrt-cpu.txt", log: "pjrt" };

/**
 * Installs packages that only some tests need. Without them these tests are skipped, so a failure is ignored.
 * @param {import("../setup/say.mjs").Say} say
 */
export async function installExtras(say) {
  if (!existsSync(venvProgram("python"))) return;
  const hasPlugin = process.platform !== "linux" || process.arch !== "x64" || process.env.TRM_PJRT_PLUGIN;
  if (!hasPlugin) await install(say, PJRT, "PJRT plugin for CPUs (62 MB, for the tests)");
  await install(say, ZIG, "C compiler of set-up (100 MB, for the tests)");
}

/** @param {import("../setup/say.mjs").Say} say @param {import("../setup/venv.mjs").Extra} extra @param {string} step */
async function install(say, extra, step) {
  if (hasExtra(extra)) return;
  try {
    await installExtra(say, { ...extra, step });
  } catch {
    say.line(`${extra.name} could not be installed: the tests that need it are skipped`);
  }
}
