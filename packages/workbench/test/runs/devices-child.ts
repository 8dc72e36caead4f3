import { existsSync } from "node:fs";
import { join } from "node:path";
import { startEngine } from "tfjs-compile";
import { runningPjrt } from "../../../engine/src/pjrt/engine";
import { parseRunConfig } from "../../src/config";
import { resumable, runTraining } from "../../src/runs";

/** Trains the run in a folder, and goes on with the runs in others; tells what they left on the devices. */
async function main(configText: string, folders: readonly string[]) {
  const config = parseRunConfig(JSON.parse(configText));
  const { devices } = config.training;
  await startEngine({ backend: "pjrt", pjrt: { devices } });
  for (const folder of folders) {
    const goOn = existsSync(join(folder, "config.json"));
    await runTraining(config, {
      folder,
      ...(goOn && { resume: resumable(folder, { training: { devices } }) }),
    });
  }
  const { device, tensors } = runningPjrt()!;
  process.send?.({ left: tensors.memory().tensors, devices: device.addresses.length });
  process.disconnect();
}

main(process.argv[2], process.argv.slice(3));
