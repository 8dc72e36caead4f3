import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT, VENV, venvProgram } from "../setup/paths.mjs";
import { runStep } from "../setup/run.mjs";
import { PIP_INSTALL } from "../setup/venv.mjs";

/**
 * Puts the PJRT plugin for CPUs into `.venv`, where there is a build of it (Linux on x86-64). Without it the tests of PJRT are
 * skipped; nothing else needs it, so failing to get it is no failure.
 * @param {import("../setup/say.mjs").Say} say
 */
export async function installPjrtPlugin(say) {
  if (process.platform !== "linux" || process.arch !== "x64" || process.env.TRM_PJRT_PLUGIN) return;
  if (!existsSync(venvProgram("python")) || isInstalled()) return;
  try {
    await runStep(say, {
      step: "PJRT plugin for CPUs (62 MB, for the tests)",
      log: "pjrt",
      command: venvProgram("python"),
      args: [
        ...PIP_INSTALL,
        "--no-deps",
        "--require-hashes",
        "-r",
        join(ROOT, "python", "requirements-pjrt-cpu.txt"),
      ],
    });
  } catch {
    say.line("the PJRT plugin could not be installed: the tests that need it are skipped");
  }
}

function isInstalled() {
  const lib = join(VENV, "lib");
  return readdirSync(lib).some((python) =>
    existsSync(join(lib, python, "site-packages", "lammps_jax_pjrt_cpu")),
  );
}
