import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT, VENV } from "./paths.mjs";

/**
 * Jupyter of this environment looks here first. tslab's own installer would write to the user's or the system's folder,
 * and start whatever Node is first on the PATH.
 */
const FILE = join(VENV, "share", "jupyter", "kernels", "tslab", "kernel.json");

const SPEC = `${JSON.stringify(
  {
    argv: [
      process.execPath,
      // The project's own kernel, which converts cells with tslab.
      join(ROOT, "packages", "workbench", "dist", "notebook", "kernel.js"),
      "kernel",
      "--config-path",
      "{connection_file}",
    ],
    display_name: "TypeScript (TRM)",
    language: "typescript",
  },
  null,
  2,
)}\n`;

/** True if Jupyter starts the kernel with the Node that runs now. */
export function kernelIsFresh() {
  try {
    return readFileSync(FILE, "utf8") === SPEC;
  } catch {
    return false;
  }
}

/** @param {import("./say.mjs").Say} say */
export function writeKernel(say) {
  const step = say.step("TypeScript kernel for Jupyter");
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, SPEC);
  step.done();
}
