/**
 * Times a training step of each configuration in milliseconds of one processor: as the page's program, as a native program of one thread, and on
 * tfjs's WebAssembly backend, uncompiled. `node --conditions=source --import=tsx packages/playground/build/measure.ts`
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { exportWasm, startEngine } from "tfjs-compile";
import type { loadModule, providePrograms } from "tfjs-compile/precompiled";
import { sudokuTask } from "trm/batches";
import { createTrainer, type Trainer } from "trm/trainer";
import { type Configuration, configurations, modelOf } from "../src/configurations";
import { trainableModels } from "../src/protocol";
import { pageBundle } from "./bundle";
import { trainingPrograms } from "./programs";

/** What the page has of the library. */
interface Page {
  createTrainer: typeof createTrainer;
  modelOf: typeof modelOf;
  loadModule: typeof loadModule;
  providePrograms: typeof providePrograms;
}

async function pageCode(): Promise<Page> {
  const folder = mkdtempSync(join(tmpdir(), "trm-playground-"));
  try {
    const contents = `
      export { createTrainer } from "trm/trainer";
      export { modelOf } from "./src/configurations";
      export { loadModule, providePrograms } from "tfjs-compile/precompiled";`;
    const stdin = { contents, resolveDir: join(__dirname, ".."), loader: "ts" as const };
    const outfile = join(folder, "page.cjs");
    await build({ ...pageBundle, stdin, format: "cjs", outfile });
    return createRequire(__filename)(outfile);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The median time of a step, without the first two. */
async function stepMs(trainer: Trainer, steps: number): Promise<number> {
  const times: number[] = [];
  for (let step = 0; step < steps + 2; step++) {
    const before = process.cpuUsage();
    await trainer.next();
    const { user, system } = process.cpuUsage(before);
    if (step >= 2) times.push((user + system) / 1000);
  }
  trainer.dispose();
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
}

function trainerOf(of: Pick<Page, "createTrainer" | "modelOf">, configuration: Configuration): Trainer {
  const task = sudokuTask({ ...configuration, seed: 0 });
  const { learningRate, ema } = configuration.training;
  const live = () => ({ learningRate, ema, supervisionSteps: configuration.supervisionSteps });
  const options = { augment: task.augment, live };
  return of.createTrainer(of.modelOf(configuration, 2), configuration.training, task.train, options);
}

async function main(): Promise<void> {
  const page = await pageCode();
  process.env.TFJS_COMPILE_TO = "native";
  const here = { createTrainer, modelOf };
  const rows: Record<string, Record<string, number>> = {};
  await startEngine({ backend: "tensorflow", threads: 1 });
  for (const name of trainableModels) {
    const configuration = configurations[name];
    const { wasm, description } = await exportWasm(
      trainingPrograms(modelOf(configuration, 2), configuration),
    );
    page.providePrograms(await page.loadModule(wasm, description));
    rows[name] = {
      page: await stepMs(trainerOf(page, configuration), 30),
      native: await stepMs(trainerOf(here, configuration), 30),
    };
  }
  await startEngine({ backend: "wasm" });
  for (const name of trainableModels)
    rows[name]!["tfjs, WebAssembly"] = await stepMs(trainerOf(here, configurations[name]), 3);
  console.table(rows);
}

if (require.main === module) main();
