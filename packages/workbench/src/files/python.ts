import { existsSync } from "node:fs";
import { join } from "node:path";
import { projectFolder } from "./paths";

/** The project's Python: what TRM_PYTHON names, else the one in `.venv`. */
export function findPython(): string {
  const inVenv = process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"];
  const python = process.env.TRM_PYTHON ?? join(projectFolder, ".venv", ...inVenv);
  if (!existsSync(python)) {
    throw new Error(`there is no ${python}: run "npm run setup", or set TRM_PYTHON`);
  }
  return python;
}
