import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder: whatever holds `scripts/`. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The project's own Python environment. */
export const VENV = join(ROOT, ".venv");

/** Logs and locks of set-up; ignored by git. */
export const CACHE = join(ROOT, ".cache");

/** A program inside the project's Python environment. @param {string} program */
export const venvProgram = (program) => join(VENV, "bin", program);
