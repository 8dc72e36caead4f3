import { join } from "node:path";
import { ROOT } from "../setup/paths.mjs";

const here = join(ROOT, "scripts", "lab");

/** The folder that JupyterLab shows. */
export const NOTEBOOKS = join(ROOT, "notebooks");

/** How JupyterLab is started: on the guide, with our settings and figures; what the user has set for JupyterLab counts more. */
export const LAB_ARGUMENTS = [
  "-m",
  "jupyterlab",
  // JupyterLab refuses to start for root unless told; in a container root is the usual user.
  ...(process.getuid?.() === 0 ? ["--allow-root"] : []),
  `--LabApp.app_settings_dir=${join(here, "settings")}`,
  `--LabApp.extra_labextensions_path=${join(here, "labextensions")}`,
  "--LabApp.default_url=/lab/tree/README.md",
];
