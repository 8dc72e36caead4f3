import { existsSync } from "node:fs";
import { join } from "node:path";
import { startEngine } from "tfjs-compile";
import { runningPjrt } from "../../../engine/src/pjrt/engine";
import { parseRunConfig, type RunConfig } from "../../src/config";
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
  process.send?.({
    left: tensors.memory().tensors,
    devices: device.addresses.length,
    ...(devices <= 4 && { held: await heldWhileTraining(config, `${folders[0]}, longer`) }),
  });
  process.disconnect();
}

/** What a longer run holds on the devices after each 50 of its steps, of which each is started before the last is read. */
async function heldWhileTraining(config: RunConfig, folder: string): Promise<number[][]> {
  const { device, tensors } = runningPjrt()!;
  const held: number[][] = [];
  const longer = {
    ...config,
    training: { ...config.training, totalSteps: 200 },
    evaluation: { ...config.evaluation, every: 50 },
    checkpoints: { every: 50, keep: 1 },
  };
  await runTraining(longer, {
    folder,
    onCheckpoint() {
      const { tensors: count, bytes } = tensors.memory();
      held.push([device.registry.size, count, bytes]);
    },
  });
  return held;
}

main(process.argv[2], process.argv.slice(3));
