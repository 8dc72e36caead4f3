// `npm run lab -- …`: opens JupyterLab on the notebooks; arguments go to JupyterLab, `--no-browser` for one.
import { join } from "node:path";
import { ROOT, venvProgram } from "./setup/paths.mjs";
import { setUpAndStart } from "./setup/start.mjs";

// JupyterLab refuses to start for root unless told; in a container root is the usual user.
const asRoot = process.getuid?.() === 0 ? ["--allow-root"] : [];

await setUpAndStart({
  command: venvProgram("python"),
  args: ["-m", "jupyterlab", ...asRoot, ...process.argv.slice(2)],
  cwd: join(ROOT, "notebooks"),
});
