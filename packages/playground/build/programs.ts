/**
 * Compiles the page's programs and writes its weights: `writePrograms(folder)`, or
 * `node --conditions=source --import=tsx packages/playground/build/programs.ts FOLDER [SET …]`; a SET is think-NAME, think-NAME.plain or train-NAME.
 *
 *     programs/think-NAME.wasm.gz, .plain.wasm (without SIMD), .json for each model in data/models
 *     programs/train-NAME.wasm.gz, .threads.wasm.gz, .json.gz        for each configuration; unpacked they have six times the bytes
 *     weights/NAME.bin                                               header, then float32
 *     worker.js
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { disposeTree, exportWasm, mapTree, startEngine, tf, type WasmFunction } from "tfjs-compile";
import { createModel, freshLatents, type Latents, type Model, type ModelParams } from "trm/model";
import { createRandom } from "trm/random";
import {
  initTrainState,
  type JudgedBatch,
  type LossKind,
  reasonStep,
  type StepRates,
  stepRates,
  type TrainState,
  toTensors,
  trainStep,
} from "trm/trainer";
import { modelConfigOf, paramsFrom, readWeights } from "trm-workbench/official";
import { type Configuration, configurations, modelOf } from "../src/configurations";
import { thinkingFunctions } from "../src/functions";
import { type ShippedModel, shippedModels, trainableModels } from "../src/protocol";
import type { WeightsHeader } from "../src/worker/load";
import { bundleWorker, projectFolder } from "./bundle";

/** The folder of a shipped model in the project's data; it exists once the model has been trained. */
export const modelFolder = (name: ShippedModel): string =>
  join(projectFolder, "data", "models", name === "maze" ? "maze-7x7" : `sudoku-${name}`);

/** The programs that think with a model, one puzzle at a time. */
export function thinkingPrograms(model: Model, params: ModelParams, loss?: LossKind): WasmFunction[] {
  const { config, recursion } = model;
  const { weights } = params;
  const { embed, update, read } = thinkingFunctions(model, loss);
  const latents = freshLatents(config, params, 1);
  const one = Object.values(latents)[0]!;
  // z from x, y and z, then y from y and z; with one latent, z from x and z, then from z.
  const counts = recursion.latents(config.n).length === 1 ? [2, 1] : [3, 2];
  return [
    { name: "embed", fn: embed, args: [weights.embedding, tf.zeros([1, config.seqLen], "int32")] },
    ...counts.map((count) => ({
      name: "update",
      fn: update,
      args: [weights.networks.z, Array.from({ length: count }, () => one)],
    })),
    {
      name: "read",
      fn: read,
      args: [{ outputHead: weights.outputHead, qHead: weights.qHead }, latents, latents],
    },
  ];
}

/** The programs of the library's trainer and evaluation, which find them by these names. */
export function trainingPrograms(model: Model, { box, training }: Configuration): WasmFunction[] {
  const { batchSize } = training;
  const state = initTrainState(model, model.init(createRandom(0)), batchSize);
  const tokens = new Int32Array(batchSize * model.config.seqLen);
  const batch = toTensors({
    ...{ size: batchSize, seqLen: model.config.seqLen, count: batchSize },
    ...{ inputs: tokens, labels: tokens, puzzleIdentifiers: new Int32Array(batchSize) },
    // As in the page's batches: a program is found by all that is not a tensor, too.
    rules: { kind: "sudoku", box },
  });
  const live = { learningRate: 0, ema: 0, supervisionSteps: 1 };
  const rates = stepRates(training, 1, new Int32Array(batchSize), live);
  return [
    {
      name: "trainStep",
      fn: (state: TrainState, batch: JudgedBatch, rates: StepRates) =>
        trainStep(model, training, state, batch, rates),
      args: [state, batch, rates],
    },
    {
      name: "start",
      fn: (params: ModelParams) => freshLatents(model.config, params, batchSize),
      args: [state.params, batch],
    },
    {
      name: "reason",
      fn: (params: ModelParams, latents: Latents, batch: JudgedBatch) =>
        reasonStep(model, params, latents, batch),
      args: [state.params, state.carry.latents, batch],
    },
  ];
}

/** All programs of a configuration: training and thinking, with two latents and with one. */
export function configurationPrograms(configuration: Configuration): WasmFunction[] {
  return ([2, 1] as const).flatMap((latents) => {
    const model = modelOf(configuration, latents);
    const params = model.init(createRandom(0));
    return [...trainingPrograms(model, configuration), ...thinkingPrograms(model, params)];
  });
}

/** The shipped models that exist. */
export const availableModels = (): ShippedModel[] =>
  shippedModels.filter((name) => existsSync(join(modelFolder(name), "weights.safetensors")));

/** A shipped model with its weights, which the caller disposes, and the loss that it was trained with. */
export function shippedModel(name: ShippedModel) {
  const stored = readWeights(join(modelFolder(name), "weights.safetensors"));
  const model = createModel(modelConfigOf(stored));
  return { model, params: paramsFrom(model, stored), loss: stored.config?.training?.loss ?? "stablemax" };
}

/**
 * Writes everything that workers load into a folder. The engine must run on TensorFlow.
 * @param only the sets to make, such as `think-6x6`: a test does without the others. All where it is empty
 */
export async function writePrograms(
  folder: string,
  say: (what: string) => void = () => {},
  only: readonly string[] = [],
): Promise<void> {
  const wanted = (set: string) => only.length === 0 || only.includes(set);
  for (const part of ["programs", "weights"]) mkdirSync(join(folder, part), { recursive: true });
  for (const name of availableModels()) {
    const variants = [true, false].filter((simd) => wanted(`think-${name}${simd ? "" : ".plain"}`));
    if (variants.length === 0) continue;
    say(`thinking, ${name}`);
    const { model, params, loss } = shippedModel(name);
    await writeWeights(join(folder, "weights", `${name}.bin`), model, params);
    await writeSet(folder, `think-${name}`, thinkingPrograms(model, params, loss), variants);
    disposeTree(params);
  }
  for (const name of trainableModels) {
    if (!wanted(`train-${name}`)) continue;
    say(`training, ${name}`);
    await writeTraining(
      join(folder, "programs", `train-${name}`),
      configurationPrograms(configurations[name]),
    );
  }
  await bundleWorker(join(folder, "worker.js"));
}

async function writeSet(
  folder: string,
  set: string,
  functions: readonly WasmFunction[],
  variants: readonly boolean[],
): Promise<void> {
  for (const simd of variants) {
    const { wasm, description } = await exportWasm(functions, { simd });
    const path = join(folder, "programs", set);
    if (simd) writeFileSync(`${path}.wasm.gz`, gzipSync(wasm, { level: 9 }));
    // Browsers that lack SIMD may not unpack files either.
    else writeFileSync(`${path}.plain.wasm`, wasm);
    if (simd) writeFileSync(`${path}.json`, JSON.stringify(description));
  }
}

/** The most threads that a training uses. */
export const MOST_THREADS = 4;

/** The programs of a configuration, for one thread and for several; the description of the latter is that of both. */
export async function writeTraining(path: string, functions: readonly WasmFunction[]): Promise<void> {
  for (const threads of [1, MOST_THREADS]) {
    const { wasm, description } = await exportWasm(functions, { threads });
    writeFileSync(`${path}${threads > 1 ? ".threads" : ""}.wasm.gz`, gzipSync(wasm, { level: 9 }));
    writeFileSync(`${path}.json.gz`, gzipSync(JSON.stringify(description)));
  }
}

/** A header in JSON with its length, then the data of all tensors: what `loadModel` of the worker reads. */
export async function writeWeights(path: string, { config }: Model, params: ModelParams): Promise<void> {
  const tensors: WeightsHeader["tensors"][number][] = [];
  const data: Uint8Array[] = [];
  mapTree(params, (tensor, path) => {
    const values = tensor.dataSync() as Float32Array;
    tensors.push({ path, shape: tensor.shape });
    data.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return tensor;
  });
  const header = Buffer.from(JSON.stringify({ config, tensors } satisfies WeightsHeader));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  writeFileSync(path, Buffer.concat([length, header, ...data]));
}

if (require.main === module) {
  const [folder, ...only] = process.argv.slice(2);
  if (folder === undefined) throw new Error("usage: programs.ts FOLDER [SET …]");
  startEngine({ backend: "tensorflow", threads: 1 }).then(() =>
    writePrograms(folder, (what) => console.log(`playground: ${what}`), only),
  );
}
