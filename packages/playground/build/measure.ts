/**
 * Times a training step of each configuration in milliseconds of one processor: as the page's program, as a native program of one thread, and on
 * tfjs's WebAssembly backend, uncompiled. `node --conditions=source --import=tsx packages/playground/build/measure.ts`. With `threads` behind it:
 * the page's program for several threads, on one and on all cores, in milliseconds of a clock, fastest steps.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { exportWasm, startEngine } from "tfjs-compile";
import type { helperScript, loadModule, providePrograms } from "tfjs-compile/precompiled";
import { sudokuTask } from "trm/batches";
import { createTrainer, type Trainer } from "trm/trainer";
import { type Configuration, configurations, modelOf } from "../src/configurations";
import { trainableModels } from "../src/protocol";
import { pageBundle } from "./bundle";
import { MOST_THREADS, trainingPrograms } from "./programs";

/** What the page has of the library. */
interface Page {
  createTrainer: typeof createTrainer;
  modelOf: typeof modelOf;
  loadModule: typeof loadModule;
  providePrograms: typeof providePrograms;
  helperScript: typeof helperScript;
}

async function pageCode(): Promise<Page> {
  const folder = mkdtempSync(join(tmpdir(), "trm-playground-"));
  try {
    const contents = `
      export { createTrainer } from "trm/trainer";
      export { modelOf } from "./src/configurations";
      export { helperScript, loadModule, providePrograms } from "tfjs-compile/precompiled";`;
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

/** Prints the fastest of some steps on each number of threads, in milliseconds. */
async function measureThreads(page: Page): Promise<void> {
  // Node's workers have another interface than a page's.
  const script = `const { parentPort } = require("node:worker_threads");
    let onmessage; ${page.helperScript} parentPort.on("message", (data) => onmessage({ data }));`;
  const workers: Worker[] = [];
  const start = (message: unknown) => {
    const worker = new Worker(script, { eval: true });
    workers.push(worker);
    worker.postMessage(message);
  };
  await startEngine({ backend: "tensorflow", threads: 1 });
  for (const name of trainableModels) {
    const configuration = configurations[name];
    const { wasm, description } = await exportWasm(
      trainingPrograms(modelOf(configuration, 2), configuration),
      { threads: MOST_THREADS },
    );
    for (const threads of [1, Math.min(MOST_THREADS, availableParallelism())]) {
      const module = await page.loadModule(wasm, description, { threads, start });
      page.providePrograms(module);
      const trainer = trainerOf(page, configuration);
      let fastest = Number.POSITIVE_INFINITY;
      for (let step = 0; step < 40; step++) {
        const before = performance.now();
        await trainer.next();
        if (module.threads() === threads) fastest = Math.min(fastest, performance.now() - before);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      console.log(`${name}, ${module.threads()} threads: ${fastest.toFixed(1)} ms`);
      trainer.dispose();
    }
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
}

async function main(): Promise<void> {
  const page = await pageCode();
  if (process.argv.includes("threads")) {
    await measureThreads(page);
    return;
  }
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
