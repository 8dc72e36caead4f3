// `npm run reproduce -- …`: executes the notebooks and prints the table of results.
import { join } from "node:path";
import { ROOT } from "./setup/paths.mjs";
import { setUpAndStart } from "./setup/start.mjs";

await setUpAndStart({
  command: process.execPath,
  args: [join(ROOT, "packages", "workbench", "dist", "reproduce", "main.js"), ...process.argv.slice(2)],
  cwd: ROOT,
});
