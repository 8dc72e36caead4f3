// `npm run lab -- …`: opens JupyterLab on the notebooks; arguments go to JupyterLab, `--no-browser` for one.
import { LAB_ARGUMENTS, NOTEBOOKS } from "./lab/arguments.mjs";
import { venvProgram } from "./setup/paths.mjs";
import { setUpAndStart } from "./setup/start.mjs";

await setUpAndStart({
  command: venvProgram("python"),
  args: [...LAB_ARGUMENTS, ...process.argv.slice(2)],
  cwd: NOTEBOOKS,
});
