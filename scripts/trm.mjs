// `npm run trm -- …`: the command line, from whatever folder the reader is in.
import { join } from "node:path";
import { ROOT } from "./setup/paths.mjs";
import { setUpAndStart } from "./setup/start.mjs";

await setUpAndStart({
  command: process.execPath,
  args: [join(ROOT, "packages", "cli", "dist", "main.js"), ...process.argv.slice(2)],
  // npm moves to the project's folder; paths on the command line are relative to where it was typed.
  cwd: process.env.INIT_CWD ?? process.cwd(),
});
