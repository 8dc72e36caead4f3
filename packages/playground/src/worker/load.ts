/** Loads what the build has written beside the worker's script: programs and weights. */
import { type TensorTree, tf } from "tfjs-compile";
import {
  hasSimd,
  type LoadedModule,
  loadModule,
  providePrograms,
  usableThreads,
  type WasmDescription,
} from "tfjs-compile/precompiled";
import { createModel, type Model, type ModelConfig, type ModelParams } from "trm/model";

/** Reads a file of the page, relative to the worker's script. @throws Error naming the file */
export type ReadFile = (name: string) => Promise<ArrayBuffer>;

/** Reads files of the page's own host. */
export const fetchFile: ReadFile = async (name) => {
  const url = new URL(name, globalThis.location.href);
  const response = await fetch(url).catch((error: Error) => {
    throw new Error(`${name} could not be loaded (${error.message}): check the connection and try again.`);
  });
  if (!response.ok)
    throw new Error(`${name} could not be loaded (${response.status} ${response.statusText}).`);
  return response.arrayBuffer();
};

/** What the browser lacks for fast programs and for training; undefined if nothing. It still thinks. */
export function whySlow(): string | undefined {
  if (!hasSimd()) return "This browser's WebAssembly has no SIMD";
  if (typeof DecompressionStream === "undefined") return "This browser has no DecompressionStream";
  return undefined;
}

/** Makes the programs that think with a model, such as `think-6x6`, known to `compile()`. */
export async function loadThinking(read: ReadFile, set: string): Promise<void> {
  const name = `programs/${set}`;
  const [code, description] = await Promise.all([
    whySlow() === undefined ? readPacked(read, `${name}.wasm.gz`) : read(`${name}.plain.wasm`),
    read(`${name}.json`),
  ]);
  providePrograms(await loadModule(code, parse<WasmDescription>(`${name}.json`, description)));
}

/** The same with the programs that train a model, such as `train-6x6`, in threads where the page may have them. @returns their module */
export async function loadTraining(read: ReadFile, set: string): Promise<LoadedModule> {
  const threads = usableThreads();
  // A phone may refuse memory that threads share.
  const module =
    threads > 1
      ? await trainingModule(read, set, threads).catch(() => trainingModule(read, set, 1))
      : await trainingModule(read, set, 1);
  providePrograms(module);
  return module;
}

async function trainingModule(read: ReadFile, set: string, threads: number): Promise<LoadedModule> {
  const name = `programs/${set}`;
  const [code, text] = await Promise.all([
    readPacked(read, `${name}${threads > 1 ? ".threads" : ""}.wasm.gz`),
    readPacked(read, `${name}.json.gz`),
  ]);
  const { shared, ...description } = parse<WasmDescription>(`${name}.json.gz`, text);
  return loadModule(code, threads > 1 && shared ? { ...description, shared } : description, { threads });
}

/** The contents of a gzip file; some servers have unpacked it already. @throws Error naming the file */
async function readPacked(read: ReadFile, name: string): Promise<ArrayBuffer> {
  const bytes = await read(name);
  const [first, second] = new Uint8Array(bytes);
  if (first !== 0x1f || second !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer().catch(() => {
    throw new Error(`${name} is damaged: reload the page.`);
  });
}

/** The header of a file of weights; the data of all tensors follows it, in float32. */
export interface WeightsHeader {
  readonly config: ModelConfig;
  readonly tensors: readonly { readonly path: string; readonly shape: readonly number[] }[];
}

/** A model that comes with the page. */
export async function loadModel(
  read: ReadFile,
  name: string,
): Promise<{ model: Model; params: ModelParams }> {
  const file = `weights/${name}.bin`;
  const bytes = await read(file);
  const headerBytes = new DataView(bytes).getUint32(0, true);
  const { config, tensors } = parse<WeightsHeader>(file, bytes.slice(4, 4 + headerBytes));
  const total = tensors.reduce((sum, { shape }) => sum + 4 * elements(shape), 4 + headerBytes);
  if (total !== bytes.byteLength)
    throw new Error(`${file} has ${bytes.byteLength} bytes, but should have ${total}: reload the page.`);
  let at = 4 + headerBytes;
  const byPath = tensors.map(({ path, shape }) => {
    const values = new Float32Array(bytes.slice(at, at + 4 * elements(shape)));
    at += values.byteLength;
    return [path, tf.tensor(values, [...shape])] as const;
  });
  return { model: createModel(config), params: treeOf(byPath) as ModelParams };
}

const elements = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

function parse<T>(file: string, bytes: ArrayBuffer): T {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as T;
  } catch {
    throw new Error(`${file} is damaged: reload the page.`);
  }
}

/** The tree of tensors whose paths are given; steps of a path that are numbers make arrays. */
export function treeOf(entries: readonly (readonly [path: string, tensor: tf.Tensor])[]): TensorTree {
  if (entries.length === 1 && entries[0]![0] === "") return entries[0]![1];
  const branches = new Map<string, [string, tf.Tensor][]>();
  for (const [path, tensor] of entries) {
    const [first, ...rest] = path.split(".");
    const branch = branches.get(first!) ?? [];
    branch.push([rest.join("."), tensor]);
    branches.set(first!, branch);
  }
  const tree = [...branches].map(([key, branch]) => [key, treeOf(branch)] as const);
  return tree.every(([key]) => /^\d+$/.test(key))
    ? tree.sort(([a], [b]) => Number(a) - Number(b)).map(([, branch]) => branch)
    : Object.fromEntries(tree);
}
