// `node scripts/run.mjs NAME …` runs scripts/NAME.mjs once the Node is known to be new enough. Only what any Node can
// read stands here and in node-version.mjs, so that an old one gets a sentence and not a syntax error.
import { nodeProblem } from "./setup/node-version.mjs";

const problem = nodeProblem(process.versions.node, process.platform);
if (problem) {
  console.error(`set-up: ${problem}`);
  process.exitCode = 1;
} else {
  const name = process.argv.splice(2, 1)[0];
  import(`./${name}.mjs`);
}
