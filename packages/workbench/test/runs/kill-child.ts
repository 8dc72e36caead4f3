import { existsSync } from "node:fs";
import { join } from "node:path";
import { startEngine } from "tfjs-compile";
import { parseRunConfig } from "../../src/config";
import { resumable, runTraining } from "../../src/runs";

/** Trains the run in the folder argv[2] with the configuration argv[3], from where the last process was killed. */
async function main(folder: string, configText: string) {
  await startEngine();
  process.send?.("ready");
  // Loading takes longer than training, so the next child loads while this one is still training.
  await new Promise((go) => process.once("message", go));
  const config = parseRunConfig(JSON.parse(configText));
  await runTraining(config, {
    folder,
    ...(existsSync(join(folder, "config.json")) && { resume: resumable(folder) }),
    onStep: ({ step }) => process.send?.(step),
  });
  process.send?.("done");
  process.disconnect();
}

main(process.argv[2], process.argv[3]);
