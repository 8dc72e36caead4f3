// `npm run setup`: everything the project needs, inside the project's folder. Only what any Node can read stands in this
// file, so that an old Node gets a sentence and not a syntax error.
import { nodeProblem } from "./setup/node-version.mjs";

const problem = nodeProblem(process.versions.node, process.platform);
if (problem) {
  console.error(`set-up: ${problem}`);
  process.exitCode = 1;
} else {
  import("./setup/main.mjs").then((main) => main.setUpCommand(process.argv.slice(2)));
}
